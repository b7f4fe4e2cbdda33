import Reporting

/// The value of `{command}`: a shell script that runs the agent on another machine.
///
/// The machine needs only a POSIX shell; `flock`, `setsid`, `setpriv` and GNU's `tail` are used if present.
struct RemoteCommand: Sendable {
    /// The agent's working directory.
    var directory: String
    /// `NAME=value` for each variable that other users may see.
    var marks: [String]
    /// The agent's other variables, sent through standard input: arguments are visible to every user of a
    /// machine.
    var environment: [String: String]
    /// The agent's program and its arguments.
    var words: [String]
    /// The file that Quire keeps locked while it lives; empty for none.
    var owner: String
    /// The file that the agent's session keeps locked while it lives.
    var turn: String
    /// The whole seconds between SIGTERM and SIGKILL to the agent.
    var grace: Int64

    /// The command line for a shell.
    var text: String {
        let call = ["sh", "-c", Self.script, "quire", owner, turn, "\(grace)"] + words
        let all = (["env"] + marks + call).shellCommand
        return "cd \(directory.shellQuoted) && exec \(all)"
    }

    /// The text before the prompt on the script's standard input.
    var preamble: String {
        environment.sorted { $0.key < $1.key }
            .map { "export \($0.key)=\($0.value.shellQuoted)\n" }.joined() + "# prompt\n"
    }

    /// Runs the agent in a process group of its own, and ends that group by terminate, grace, kill.
    ///
    /// The script ends the group when it gets a signal, or when nobody is left to read the agent's output:
    /// its standard output was closed, its parent has gone, or Quire has released its lock.
    ///
    /// - The script reads the text before the prompt. The prompt goes to the agent as descriptor 3, since a
    ///   shell gives background commands no standard input.
    /// - `turn` is locked on descriptor 9, which the agent does not get. On a file system with locks across
    ///   machines, a session waits until nothing is left of its task's last one, wherever that ran. After 120
    ///   seconds the script exits with 255, as `ssh` does, and the session is tried again.
    /// - Agents can write to the directory of `turn`: links and other files that are not regular are not
    ///   opened.
    /// - GNU's `tail` notices that its output was closed although it never writes. Other ones don't, and then
    ///   only the end of the parent is noticed.
    /// - `owner` identifies Quire by its text, and by its lock if that is visible here. A process that takes
    ///   over writes another text; an unreadable file proves nothing.
    /// - A watcher that has not begun dies of the signal that ends it; the shell would tell that on standard
    ///   error, behind what the agent said.
    /// - A signal to the whole group must spare the watching processes. It interrupts `wait`, which is
    ///   therefore repeated while the agent lives.
    static let script = #"""
        owner=$1 turn=$2 grace=$3
        shift 3
        has() { command -v "$1" >/dev/null 2>&1; }
        settings=''
        while IFS= read -r line && [ "$line" != '# prompt' ]; do
          settings="$settings$line
        "
        done
        eval "$settings"
        exec 3<&0 </dev/null
        mine() { [ -d "${turn%/*}" ] && [ ! -h "$turn" ] && { [ -f "$turn" ] || [ ! -e "$turn" ]; }; }
        if has flock && mine && true 2>/dev/null >>"$turn"; then
          exec 9>>"$turn"
          flock -w 120 -E 75 9
          if [ $? = 75 ]; then
            echo "quire: an earlier session of this task does not end; look who holds $turn" >&2
            exit 255
          fi
        fi
        parent=$PPID mark=$(cat "$owner" 2>/dev/null)
        reader=$$
        case $(tail --version 2>/dev/null) in
        *GNU*)
          (trap '' HUP INT TERM; exec tail -f /dev/null 2>/dev/null 3<&- 9>&-) &
          reader=$!
          ;;
        esac
        if has setsid; then
          if has setpriv && setpriv --pdeathsig KILL true 2>/dev/null; then
            set -- setpriv --pdeathsig KILL "$@"
          fi
          set -- setsid "$@"
        fi
        "$@" <&3 3<&- 9>&- &
        agent=$!
        exec 3<&-
        tell() { kill -s "$1" -- "-$agent" 2>/dev/null || kill -s "$1" "$agent" 2>/dev/null; }
        alive() { kill -0 "$1" || [ -d "/proc/$1" ]; }
        owned() {
          says=$(cat "$owner") && [ "$says" ] || return 0
          [ "$says" = "$mark" ] && ! flock -n -s "$owner" true
        }
        nap() {
          sleep "$1" &
          napping=$!
          wait "$napping"
        }
        watch() {
          trap '' HUP INT TERM
          trap 'asked=1' USR1
          trap 'kill -s KILL "$napping"; exit 0' USR2
          asked='' napping=''
          alive "$parent" || parent=$$
          [ "$mark" ] && has flock && owned || mark=''
          while [ -z "$asked" ] && kill -0 "$reader" && alive "$parent" && kill -0 $$; do
            [ "$mark" ] && ! owned && break
            nap 2
          done
          tell TERM
          while [ "$grace" -gt 0 ] && tell 0; do
            nap 1
            grace=$((grace - 1))
          done
          tell KILL
        }
        watch >/dev/null 2>&1 9>&- &
        watcher=$!
        trap 'kill -s USR1 "$watcher"' HUP INT TERM
        while
          wait "$agent"
          status=$?
          kill -0 "$agent" 2>/dev/null
        do :; done
        tell KILL
        [ "$reader" = $$ ] || kill -s KILL "$reader" 2>/dev/null
        { kill -s USR2 "$watcher" && wait "$watcher"; } 2>/dev/null
        exit "$status"
        """#
}

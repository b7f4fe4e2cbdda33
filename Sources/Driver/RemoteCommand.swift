import Reporting

/// What `{command}` stands for: the agent, and a shell script around it on the machine where it runs.
///
/// Needs nothing but a POSIX shell there; what of `flock`, `setsid`, `setpriv` and GNU's `tail` there
/// is, is made use of.
struct RemoteCommand: Sendable {
    /// Where the agent works.
    var directory: String
    /// `NAME=value` for each variable that everybody may see.
    var marks: [String]
    /// The variables that the agent gets besides: they go through standard input, since arguments
    /// can be seen by every user of a machine.
    var environment: [String: String]
    /// The agent's program and its arguments.
    var words: [String]
    /// The file that Quire holds locked while it lives; empty for none.
    var owner: String
    /// The file that the agent's session holds locked while it lives.
    var turn: String
    /// Whole seconds between asking the agent to end and killing it.
    var grace: Int64

    /// The command, for a shell.
    var text: String {
        let call = ["sh", "-c", Self.script, "quire", owner, turn, "\(grace)"] + words
        let all = (["env"] + marks + call).map(\.shellQuoted).joined(separator: " ")
        return "cd \(directory.shellQuoted) && exec \(all)"
    }

    /// What stands before the prompt on the script's standard input.
    var preamble: String {
        environment.sorted { $0.key < $1.key }
            .map { "export \($0.key)=\($0.value.shellQuoted)\n" }.joined() + "# prompt\n"
    }

    /// Runs the agent in a process group of its own, and ends that group (terminate, grace, kill)
    /// when the script is asked to end, or nobody is left to read the agent's output: when standard
    /// output has closed, the process that called the script has gone, or Quire has given its lock
    /// back.
    ///
    /// - What stands before the prompt is read here; the prompt is handed on as descriptor 3, as a
    ///   shell gives background commands none.
    /// - `turn` is locked on descriptor 9, which the agent does not get: where the file system locks
    ///   for all machines, a session waits until nothing is left of its task's last one, wherever
    ///   that was. It ends with 255 when it has waited too long, as `ssh` does: it is tried again.
    /// - `turn` is where agents can write: what is a link or no file is not opened.
    /// - `tail` notices that its output was closed, although it never writes; others than GNU's do
    ///   not, and then it is the caller's end alone that tells.
    /// - `owner` names its owner by what it says, and by its lock where that can be seen from here.
    ///   Whoever takes over says otherwise; a file that can't be read says nothing.
    /// - A signal to all of a group must leave those alone that watch. It interrupts `wait`, so that
    ///   that is repeated while the agent lives.
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
        kill -s USR2 "$watcher" 2>/dev/null && wait "$watcher"
        exit "$status"
        """#
}

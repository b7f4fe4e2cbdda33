/// The behaviour that the simulated agent is directed to show.
///
/// Directives have the form `name` or `name=value`. They stand on a line of the prompt that begins
/// with `sim:`, in the environment variable `CODEX_SIM`, or in the file that `CODEX_SIM_SCRIPT`
/// names, with lines `TASK SESSION words…` and `*` for any; later ones override earlier ones. An
/// unknown directive is an error, as a misspelt fault would be a test that cannot fail.
struct Directives {
    static let help = """
        entries=N        entries of the checklist that an initializer writes (3)
        ticks=N          boxes that an executor ticks (1)
        append=N         entries that an executor appends (0)
        items=N          commands that a session shows (2)
        duration=TIME    how long a session takes: 300ms, 2s, 1m (0)
        until=PATH       goes on once this file is there
        jitter=SHARE     how far the duration varies, by task and session: 0.5 (0)
        output=BYTES     output of each command: 500, 4K, 10M (20)
        line=BYTES       one more event with a line of this length
        stderr=BYTES     bytes written to standard error
        tokens=N         input tokens of a session (1200)
        fail=CLASS       usage-limit, rate-limit, overload, stream-cut, network-down,
                         authentication, context-window, turn-failed, refuse, state-locked
        fail-on=N,N      the sessions of the task that fail, hang or crash (all)
        reset=TEXT       when a usage limit resets ("11:59_PM": _ is a space)
        limit=PATH       a usage limit until the time that this file holds, in seconds since
                         1970; without the file there is none
        exit=N           the exit status
        hang             falls silent after turn.started
        ignore-term      ignores SIGTERM
        crash=SIGNAL     kills itself half-way
        torn             cuts the last line off and exits 0
        torn-utf8        writes a character in two pieces
        garbage          prints what is not JSON
        grandchild=TIME  leaves a child of its own session behind that holds stdout
        daemons=N        leaves processes of their own sessions behind, for a minute, that hold
                         nothing open; every second one ignores SIGTERM
        evidence=PATH    notes in this file what it did: begin, list, tick and end, each once it is
                         done, and "double" when another session of its task is alive
        mend=PATH        appends to this file what a hook of its turn's end says is wrong, and ends its
                         turn once more
        work=PATH        appends a line to this file, as its work
        damage=HOW       reword, empty, remove, reorder, delete or untick the list
        ask=TEXT         an executor that asks a person this (_ is a space) instead of working, until
                         its prompt or answers.md has an answer
        ask-again        asks although it was answered
        says=TEXT        the last message of the turn (_ is a space); with --output-schema a
                         statement that some of the work is done, else "Done."
        says-bytes=BYTES the length of the last message
        no-list          an initializer that writes nothing
        no-notes         sessions that write no progress.md

        """

    /// The work on the checklist.
    struct List {
        var entries = 3
        var ticks = 1
        var append = 0
        var damage: String?
        var question: String?
        var asksAgain = false
        var isWritten = true
        var hasNotes = true
    }

    /// The length of a session.
    struct Pace {
        var duration = 0.0
        var until: String?
        var jitter = 0.0
    }

    /// The output of a session that goes well.
    struct Show {
        var items = 2
        var output = 20
        var line = 0
        var standardError = 0
        var tokens = 1200
        var tearsCharacters = false
        var message: String?
    }

    /// The faults of a session.
    struct Faults {
        var fail: String?
        var exit: Int32?
        var hangs = false
        var crash: Int32?
        var isTorn = false
        var isGarbage = false
        var grandchild = 0.0
        var daemons = 0
    }

    var list = List()
    var pace = Pace()
    var show = Show()
    var faults = Faults()
    var failOn: Set<Int> = []
    var reset = "11:59 PM"
    var limit: String?
    var ignoresTermination = false
    var evidence: String?
    var work: String?
    var mend: String?

    struct Unknown: Error {
        var word: String
    }

    mutating func apply(_ words: some StringProtocol) throws {
        for word in words.split(whereSeparator: \.isWhitespace) {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            try apply(String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }
    }

    private mutating func apply(_ name: String, _ value: String) throws {
        switch name {
        case "entries": list.entries = Int(value) ?? list.entries
        case "ticks": list.ticks = Int(value) ?? list.ticks
        case "append": list.append = Int(value) ?? list.append
        case "items": show.items = Int(value) ?? show.items
        case "duration": pace.duration = Self.seconds(value)
        case "until": pace.until = value
        case "jitter": pace.jitter = Double(value) ?? 0
        case "output": show.output = Self.bytes(value)
        case "line": show.line = Self.bytes(value)
        case "stderr": show.standardError = Self.bytes(value)
        case "tokens": show.tokens = Int(value) ?? show.tokens
        case "fail": faults.fail = value
        case "fail-on": failOn = Set(value.split(separator: ",").compactMap { Int($0) })
        case "reset": reset = String(value.map { $0 == "_" ? " " : $0 })
        case "limit": limit = value
        case "exit": faults.exit = Int32(value)
        case "hang": faults.hangs = true
        case "ignore-term": ignoresTermination = true
        case "crash": faults.crash = Int32(value)
        case "torn": faults.isTorn = true
        case "torn-utf8": show.tearsCharacters = true
        case "garbage": faults.isGarbage = true
        case "grandchild": faults.grandchild = Self.seconds(value)
        case "daemons": faults.daemons = Int(value) ?? faults.daemons
        case "evidence": evidence = value
        case "work": work = value
        case "mend": mend = value
        case "damage": list.damage = value
        case "ask": list.question = String(value.map { $0 == "_" ? " " : $0 })
        case "ask-again": list.asksAgain = true
        case "says": show.message = String(value.map { $0 == "_" ? " " : $0 })
        case "says-bytes": show.message = String(repeating: "x", count: Self.bytes(value))
        case "no-list": list.isWritten = false
        case "no-notes": list.hasNotes = false
        default: throw Unknown(word: name)
        }
    }

    /// Removes the faults, for a session that is to go well.
    mutating func spareFaults() {
        faults = Faults()
        list.damage = nil
    }

    private static func seconds(_ text: String) -> Double {
        let number = min(1e9, Double(text.prefix { $0.isNumber || $0 == "." }) ?? 0)
        if text.hasSuffix("ms") { return number / 1000 }
        return text.hasSuffix("m") ? number * 60 : number
    }

    private static func bytes(_ text: String) -> Int {
        let number = min(1 << 32, Int(text.prefix(while: \.isNumber)) ?? 0)
        switch text.last {
        case "K": return number << 10
        case "M": return number << 20
        case "G": return number << 30
        default: return number
        }
    }
}

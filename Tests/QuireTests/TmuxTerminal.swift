import Foundation
import TestSupport
import Testing

/// A terminal of tmux's, with a shell in a workspace: keys go in, and the screen comes out.
struct TmuxTerminal {
    let run: QuireRun
    private let socket: String

    /// The directory of what Quire keeps for the user of this terminal.
    var state: String { run.root + "/state" }

    /// Opens a terminal of 200 columns and 30 rows with a shell in it, calls `body`, and ends all that runs in it.
    static func with(
        _ run: QuireRun,
        shell: String = "bash --norc --noprofile -i",
        _ body: (TmuxTerminal) throws -> Void
    ) throws {
        let terminal = TmuxTerminal(run: run, socket: run.root + "/tmux")
        defer { _ = try? terminal.tmux(["kill-server"]) }
        let variables = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin",
            "HOME": "/nonexistent", "LC_ALL": "C.UTF-8", "PS1": "ready> ", "NO_COLOR": "1",
            "XDG_STATE_HOME": terminal.state, "QUIRE": Program.built("quire"),
            "TMPDIR": TestEnvironment.temporaryDirectory,
        ]
        let settings = variables.map { "\($0.key)='\($0.value)'" }.joined(separator: " ")
        let started = try terminal.tmux([
            "-f", "/dev/null", "new-session", "-d", "-x", "200", "-y", "30",
            "cd '\(run.root)' && exec env -u TMUX \(settings) TERM=screen-256color \(shell)",
        ])
        try #require(started.status == 0, "\(started.error)")
        _ = try terminal.tmux(["set-option", "-g", "status", "off"])
        try terminal.wait { $0.contains("ready>") }
        try body(terminal)
    }

    private func tmux(_ words: [String]) throws -> Outcome {
        var program = Program("/usr/bin/env", ["tmux", "-S", socket] + words, in: run.root)
        program.environment = ["LC_ALL": "C.UTF-8"]
        return try program.run()
    }

    /// Types keys, as tmux names them.
    func press(_ keys: String...) throws { _ = try tmux(["send-keys"] + keys) }

    /// Types a text, and Enter.
    func enter(_ text: String, end: String = "Enter") throws {
        _ = try tmux(["send-keys", "-l", text])
        try press(end)
    }

    /// The screen's lines; with the lines that have left it, if they are wanted.
    func screen(withHistory: Bool = false) throws -> String {
        try tmux(["capture-pane", "-p"] + (withHistory ? ["-S", "-"] : [])).output
    }

    /// True while the terminal is on its alternate screen.
    var isAlternate: Bool { get throws { try format("#{alternate_on}") == "1" } }

    private func format(_ format: String) throws -> String {
        try tmux(["display-message", "-p", format]).output
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Gives the terminal another size.
    func resize(columns: Int, rows: Int) throws {
        _ = try tmux(["resize-window", "-x", "\(columns)", "-y", "\(rows)"])
    }

    /// Closes the terminal, as a person closes its window.
    func close() throws { _ = try tmux(["kill-server"]) }

    /// Waits until the shell asks for a command below these words, and returns the screen.
    @discardableResult
    func waitForShell(
        below words: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> String {
        // tmux leaves out the blanks at the ends of lines.
        try wait(sourceLocation: sourceLocation) { screen in
            screen.contains(words) && screen.split(separator: "\n").last == "ready>"
        }
    }

    /// Waits until the screen is as it should be, and returns it.
    @discardableResult
    func wait(
        sourceLocation: SourceLocation = #_sourceLocation,
        until holds: (String) throws -> Bool
    ) throws -> String {
        var shown = ""
        let isThere = try eventually {
            shown = try screen()
            return try holds(shown)
        }
        #expect(isThere, "\(shown)", sourceLocation: sourceLocation)
        return shown
    }

    /// Has the shell write the terminal's modes to a file, and returns them.
    func modes(_ file: String, end: String = "Enter") throws -> String {
        try enter("stty -g > \(file).new && mv \(file).new \(file)", end: end)
        let path = run.root + "/" + file
        #expect(eventually { FileManager.default.fileExists(atPath: path) })
        return text(path)
    }
}

import Agent
package import Autonomous
import FileAccess
package import Orchestration
package import Reporting
import RunStore
import Manifest

/// The tasks of a run for a person who watches them: reads one, as it lies in its directory and in the records.
///
/// All functions block, and are called on worker threads.
package struct TaskDesk: Sendable {
    /// The most entries and sessions that are shown of a task, and the bytes of its log.
    private static let (mostEntries, mostSessions, mostLog) = (500, 200, 32 * 1024)
    /// The bytes of a log that are searched for its newest step.
    private static let shortLog = 8 * 1024

    private let workspace: Workspace
    private let stateDirectory: String
    private let run: String
    private let redactor: Redactor

    /// Makes the desk of a run.
    package init(
        run: String,
        in workspace: Workspace,
        stateDirectory: String,
        redactor: Redactor
    ) {
        (self.run, self.workspace) = (run, workspace)
        (self.stateDirectory, self.redactor) = (stateDirectory, redactor)
    }

    /// Reads everything that a task's page shows; what can't be read is told in its place.
    package func details(of task: String) -> TaskDetails {
        var details = TaskDetails(task: task)
        details.sessions = sessions(of: task).suffix(Self.mostSessions)
        do {
            // A fresh directory: one that was used before insists on the one that it found then.
            let directory = workspace.taskDirectory(try TaskName(given: task))
            readList(of: directory, into: &details)
            details.log = try log(of: directory, details.sessions)
        } catch {
            details.log = ["\(redactor.redact("\(error)"))"]
        }
        return details
    }

    /// Returns the size of a task's log, and the time of its last change; `nil` if there is none.
    package func logState(of task: String) -> (size: Int64, changed: WallTime)? {
        guard let name = try? TaskName(given: task) else { return nil }
        return workspace.taskDirectory(name).logState()
    }

    /// Returns the newest step in a task's log, in a few words; `nil` if it tells none.
    package func activity(of task: String) -> String? {
        guard let name = try? TaskName(given: task),
            let bytes = try? workspace.taskDirectory(name).logEnd(limit: Self.shortLog)
        else { return nil }
        var words: String?
        Self.entries(bytes).forEach { words = $0.summary ?? words }
        return words.map(redactor.redact)
    }

    /// Answers the questions of tasks for their next sessions, without a run.
    package func answer(_ tasks: [String], _ text: String) -> SteeringAnswer {
        do {
            for task in tasks {
                try workspace.taskDirectory(try TaskName(given: task)).answer(text)
            }
            return .accepted("answered; the next run goes on with it", tasks: tasks)
        } catch {
            return .refused("\(error)")
        }
    }

    private func readList(of directory: TaskDirectory, into details: inout TaskDetails) {
        let text = directory.taskListText()
        guard !text.isEmpty else { return details.listTrouble = "none yet" }
        do {
            let entries = try Checklist(bytes: Array(text.utf8)).entries
            details.entries = entries.prefix(Self.mostEntries).map {
                ("\($0.number). \(redactor.redact($0.text))", $0.isTicked)
            }
            let more = entries.count - details.entries.count
            if more > 0 {
                details.listTrouble =
                    "\(Format.count(more, "more entry")) at its end: \(directory.taskListPath)"
            }
        } catch {
            details.listTrouble = "damaged: \(redactor.redact("\(error)"))"
        }
    }

    private func log(
        of directory: TaskDirectory,
        _ sessions: [SessionRecord]
    ) throws -> [SafeText] {
        // Sessions of which the end of the log tells nothing would be told as if they had no log.
        let newest = Array(sessions.suffix(1))
        var view = LogView(width: nil, redactor: redactor) { newest }
        var lines: [SafeText] = []
        for entry in Self.entries(try directory.logEnd(limit: Self.mostLog)) {
            if let text = view.text(for: entry) { lines += text.separateLines }
        }
        return lines
    }

    /// Returns the whole entries in a part of a log.
    private static func entries(_ bytes: [UInt8]) -> [LogEntry] {
        var entries = LogEntries()
        entries.read(bytes)
        return entries.all
    }

    /// Returns the task's sessions in the run; none where the store can't be read now.
    private func sessions(of task: String) -> [SessionRecord] {
        guard let reader = try? StoreReader.open(directory: stateDirectory) else { return [] }
        defer { reader.close() }
        return (try? reader.sessions(of: run, task: task)) ?? []
    }
}

/// Entries of a log; no record names its agent, and all agents write as Codex does.
private struct LogEntries {
    private var reader: any LogReader = Manifest.Agent.codex.kind.logReader()
    private(set) var all: [LogEntry] = []

    mutating func read(_ bytes: [UInt8]) {
        reader.read(bytes.span) { all.append($0) }
    }
}

extension LogEntry {
    /// The entry in a few words; `nil` for the beginning of a session.
    fileprivate var summary: String? {
        switch self {
        case .thread: nil
        case .message(let text): text.oneLine(200)
        case .step(let mark, let texts):
            (mark + texts.map(\.text).joined()).oneLine(200)
        case .trouble(let texts): texts.map(\.text).joined().oneLine(200)
        case .command(let command, _, _, _, _): "runs \(command)".oneLine(200)
        }
    }
}

extension LogText {
    fileprivate var text: String {
        switch self {
        case .line(let text), .lines(let text): text
        }
    }
}

import Application
import Autonomous
import FileAccess
import Reporting

/// A task's log on its way to standard output, read to its end and, if it is followed, as it grows.
final class TaskLog {
    /// The result of a look at the log.
    enum Step {
        /// Something was shown.
        case news
        /// There is nothing new, and more may come.
        case silence
        /// The log is at its end.
        case over
    }

    let task: LoggedTask
    private let log: GrowingLog
    private let output: LogOutput
    private let follows: Bool
    private var silence = 0

    init(_ task: LoggedTask, _ output: LogOutput, follows: Bool) {
        (self.task, self.output, self.follows) = (task, output, follows)
        log = GrowingLog(of: task.name, in: task.look.place)
    }

    /// True once there was a log.
    var isOpen: Bool { log.isOpen }

    /// Opens the log.
    ///
    /// - Returns: true if a run holds the task, and its first session is waited for.
    /// - Throws: `Trouble` if the log can't be read.
    func open() throws -> Bool {
        do throws(FileError) {
            if try log.open() { return false }
        } catch {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
        return follows ? try task.isAwaited() ?? false : false
    }

    /// Shows what is new.
    func step() throws -> Step {
        let bytes = try log.read()
        if !bytes.isEmpty {
            output.show(bytes)
            silence = 0
            return .news
        }
        guard follows else { return .over }
        defer { silence += 1 }
        return silence % 5 == 0 ? try stepAtEnd() : .silence
    }

    func finish() { output.finish() }

    /// True if more may come: a log that no run knows may be anybody's, and grows until nobody looks.
    private var isAwaited: Bool {
        get throws {
            guard log.isOpen else { return try task.isAwaited() ?? false }
            // What can't be read is told already.
            return (try? task.isAwaited()) ?? true
        }
    }

    /// Shows the ends of sessions, and the log that replaced this one, if any.
    private func stepAtEnd() throws -> Step {
        // A session's output is in the log before its end is in the database, as the task's end is.
        let isAwaited = try self.isAwaited
        let known = task.sessions()
        let rest = try log.read()
        guard rest.isEmpty else {
            output.show(rest)
            return .news
        }
        let isFirst = !log.isOpen
        if try log.open() {
            if !isFirst { output.beginAnew() }
            return .news
        }
        // Ends of sessions are shown only after the log was read.
        if !isFirst { output.tellEnds(by: known) }
        return isAwaited ? .silence : .over
    }
}

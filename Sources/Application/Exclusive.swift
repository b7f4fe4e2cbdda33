package import Autonomous
import EventLoop
package import FileAccess
import Orchestration
import Reporting

/// Work that only one process may do at a time in a state directory.
package enum Exclusive {
    /// A manifest's run: one in each state directory.
    case run
    /// Work on a single task, beside a run of others.
    case task

    /// Locks the work for this process, until the lock is released or the process dies.
    ///
    /// - Throws: `Trouble` with status 69 that names the process which holds the lock.
    package func lock(_ run: String, in directory: Directory) throws -> OwnerLock {
        do {
            return try OwnerLock(fileName(run), in: directory, work: run)
        } catch {
            throw Trouble("\(error)\(Self.hookWords)", status: ExitStatus.missing)
        }
    }

    /// A remark for a Quire that a hook started: what holds the lock waits for that hook.
    private static var hookWords: String {
        guard let hook = InheritedEnvironment.own.text("QUIRE_HOOK") else { return "" }
        return
            "; this quire was started by the hook \(hook.oneLine(40)) of a run, which waits for it: "
            + "start what follows a run after it"
    }

    /// Returns the path of the lock file.
    package func path(of run: String, in directory: String) -> String {
        "\(directory)/\(fileName(run))"
    }

    private func fileName(_ run: String) -> String {
        switch self {
        case .run: "run.lock"
        case .task: "task-\(Fingerprint(run).text).lock"
        }
    }
}

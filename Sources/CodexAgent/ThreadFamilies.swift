import Agent
import CodexEvents
import FileAccess
import Orchestration
import Synchronization

/// The threads that threads have started, by the first lines of rollouts, each of which is read once.
final class ThreadFamilies: Sendable {
    /// The rollouts of one directory, as they were last listed.
    private struct Day: Sendable {
        /// A thread that another one started.
        struct Child: Sendable {
            var thread: String
            var path: String
        }

        /// The directory's time of modification when it was listed; `nil` if it must be listed again.
        var modified: Duration?
        /// The parents of the threads in files, by file name; `nil` for a thread without.
        var parents: [String: String?] = [:]
        /// The threads that threads started.
        var children: [String: [Child]] = [:]
    }

    /// The time in which the time of modification may not tell a later change.
    private static let slack = Duration.seconds(2)

    private let days = Mutex<[String: Day]>([:])

    /// Returns the usage of all threads that a thread started, and of those that these started.
    ///
    /// Blocks as disks do.
    func usageOfDescendants(of thread: String, in home: String) -> TokenUsage {
        guard let creation = Rollout.creation(of: thread) else { return .zero }
        let families = RolloutFiles(home: home).directories(since: creation).map(children)
        var (usage, seen, next) = (TokenUsage.zero, Set([thread]), [thread])
        while let parent = next.popLast() {
            for child in families.flatMap({ $0[parent] ?? [] })
            where seen.insert(child.thread).inserted {
                if case .total(let total) = RolloutFiles.usage(inFile: child.path) {
                    usage = usage + total
                }
                next.append(child.thread)
            }
        }
        return usage
    }

    /// Returns the threads in a directory that others started; lists it if it may have changed.
    private func children(in directory: String) -> [String: [Day.Child]] {
        guard let modified = FileTime.modification(of: directory) else { return [:] }
        return days.withLock { days in
            var day = days[directory] ?? Day()
            if day.modified != modified {
                day = Self.list(directory, modified, day)
                days[directory] = day
            }
            return day.children
        }
    }

    private static func list(_ directory: String, _ modified: Duration, _ known: Day) -> Day {
        var day = known
        let isSettled = FileTime.now() - modified > slack
        day.modified = isSettled ? modified : nil
        for name in RolloutFiles.names(in: directory) where day.parents[name] == nil {
            guard let thread = Rollout.thread(ofFile: name) else { continue }
            let path = "\(directory)/\(name)"
            guard let head = RolloutFiles.head(of: path),
                head.count == Rollout.headSize || head.contains(UInt8(ascii: "\n"))
            else {
                // Codex has not written the line yet.
                day.modified = nil
                continue
            }
            let parent = Rollout.parent(inHead: head)
            day.parents[name] = .some(parent)
            if let parent {
                day.children[parent, default: []].append(Day.Child(thread: thread, path: path))
            }
        }
        return day
    }
}

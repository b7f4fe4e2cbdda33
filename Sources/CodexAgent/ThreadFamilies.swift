import Agent
import CodexEvents
import Orchestration
import Synchronization

/// The threads that threads have started, by the first lines of rollouts, each of which is read once.
final class ThreadFamilies: Sendable {
    /// The parents of the threads in files, by directory and file name; `nil` for a thread without.
    private let parents = Mutex<[String: [String: String?]]>([:])

    /// Returns the usage of all threads that a thread started, and of those that these started.
    ///
    /// Blocks as disks do.
    func usageOfDescendants(of thread: String, in home: String) -> TokenUsage {
        guard let creation = Rollout.creation(of: thread) else { return .zero }
        var children: [String: [(thread: String, path: String)]] = [:]
        for directory in RolloutFiles(home: home).directories(since: creation) {
            for name in RolloutFiles.names(in: directory) {
                guard let child = Rollout.thread(ofFile: name), child != thread,
                    let begun = Rollout.creation(of: child), begun >= creation,
                    let parent = parent(directory, name)
                else { continue }
                children[parent, default: []].append((child, "\(directory)/\(name)"))
            }
        }
        var (usage, seen, next) = (TokenUsage.zero, Set([thread]), [thread])
        while let parent = next.popLast() {
            for (child, path) in children[parent] ?? [] where seen.insert(child).inserted {
                if case .total(let total) = RolloutFiles.usage(inFile: path) {
                    usage = usage + total
                }
                next.append(child)
            }
        }
        return usage
    }

    private func parent(_ directory: String, _ name: String) -> String? {
        if let known = parents.withLock({ $0[directory]?[name] }) { return known }
        guard let head = RolloutFiles.head(of: "\(directory)/\(name)"),
            // Codex may not have written the line yet.
            head.count == Rollout.headSize || head.contains(UInt8(ascii: "\n"))
        else { return nil }
        let parent = Rollout.parent(inHead: head)
        parents.withLock { $0[directory, default: [:]][name] = .some(parent) }
        return parent
    }
}

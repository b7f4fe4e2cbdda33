import Dispatch
import Synchronization

extension Array where Element: Sendable {
    /// Maps the elements on all processors, and returns the results in order.
    ///
    /// Blocks until all are done. Meant for inspecting the files of thousands of tasks.
    package func mapSideBySide<Result: Sendable>(
        _ transform: @Sendable (Element) -> Result
    ) -> [Result] {
        let size = 64
        let pieces = (count + size - 1) / size
        let results = Mutex<[Int: [Result]]>([:])
        DispatchQueue.concurrentPerform(iterations: pieces) { piece in
            let part = self[(piece * size)..<Swift.min((piece + 1) * size, count)].map(transform)
            results.withLock { $0[piece] = part }
        }
        return results.withLock { results in (0..<pieces).flatMap { results[$0] ?? [] } }
    }
}

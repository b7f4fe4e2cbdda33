import Dispatch
import Synchronization

extension Array where Element: Sendable {
    /// Maps the elements on all processors; the results are in order.
    ///
    /// For looks at the files of thousands of tasks. Blocks until all are done.
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

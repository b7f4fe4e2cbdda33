import Glibc

/// The reading of what a busy pipe holds by the worker thread that writes it to a log: the bytes
/// stay in one processor's cache until all is done with them.
struct PipeDrain: Sendable {
    /// The most that is read at a time, in bytes.
    private static let pieceSize = 256 * 1024
    /// About the most that is read in all, so that other pipes have their turn.
    private static let limit = 2048 * 1024
    /// Capacity of a widened pipe, in bytes: the most that Linux gives everyone.
    static let widePipe: Int32 = 1024 * 1024
    /// The most pipes of a loop that are widened: their memory is the kernel's, and counts against
    /// what all pipes of the user may hold, 64 MiB by default.
    static let mostWidePipes = 16

    /// Open and non-blocking until the drain has ended.
    var descriptor: Int32

    /// Reads until the pipe is empty or has ended, or much was read, or `body` returns false; each
    /// piece is valid in its call alone.
    ///
    /// The end and errors are left for the loop to find.
    func run(_ body: (Span<UInt8>) -> Bool) {
        unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.pieceSize) { buffer in
            var left = Self.limit
            while left > 0 {
                let count = unsafe read(descriptor, buffer.baseAddress, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                guard body(unsafe buffer.extracting(..<count).span) else { return }
                left -= count
            }
        }
    }
}

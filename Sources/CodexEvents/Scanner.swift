import CScan

/// The scanner in C: the only memory that is touched here without a check of the bounds.
enum Scanner {
    /// The longest line that is kept whole, without its newline, in bytes.
    static let longestLine = Int(CSCAN_LONGEST_LINE)

    /// Lines that are for certain steps of the work.
    struct Items {
        /// Their bytes, newlines included.
        var passed: Int
        /// How many.
        var count: Int
        /// Where the newest of them begins.
        var newestStart: Int
    }

    /// Passes over the lines at the beginning that are for certain steps of the work.
    static func items(in bytes: Span<UInt8>) -> Items {
        let items = unsafe bytes.withUnsafeBufferPointer {
            unsafe cscan_items($0.baseAddress, $0.count)
        }
        return Items(
            passed: items.passed,
            count: items.count,
            newestStart: items.newest_start
        )
    }

    /// The place of the first newline; the end for none.
    static func newline(in bytes: Span<UInt8>) -> Int {
        unsafe bytes.withUnsafeBufferPointer { unsafe cscan_newline($0.baseAddress, $0.count) }
    }
}

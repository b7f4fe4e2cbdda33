import CScan

/// The scanner in C, the only code here that accesses memory without bounds checks.
enum Scanner {
    /// Longest line that is kept whole, without its newline, in bytes.
    static let longestLine = Int(CSCAN_LONGEST_LINE)

    /// Lines that the scanner recognized as items and passed over.
    struct Items {
        /// Their length in bytes, newlines included.
        var passed: Int
        /// Number of the lines.
        var count: Int
        /// Offset of the newest one.
        var newestStart: Int
    }

    /// Returns the lines at the beginning that are certainly items.
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

    /// Returns the index of the first newline; the end if there is none.
    static func newline(in bytes: Span<UInt8>) -> Int {
        unsafe bytes.withUnsafeBufferPointer { unsafe cscan_newline($0.baseAddress, $0.count) }
    }
}

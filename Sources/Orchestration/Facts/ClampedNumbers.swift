// Events, journals, manifests and the system's own files may hold any number. Arithmetic with them
// is clamped instead of ending the process.

extension FixedWidthInteger {
    /// The sum, clamped to the type's range.
    package func addingClamped(_ other: Self) -> Self {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? (other < 0 ? .min : .max) : sum
    }

    /// The difference, clamped to the type's range.
    package func subtractingClamped(_ other: Self) -> Self {
        let (difference, overflows) = subtractingReportingOverflow(other)
        return overflows ? (other < 0 ? .max : .min) : difference
    }

    /// The product, clamped to the type's range.
    package func multipliedClamped(by other: Self) -> Self {
        let (product, overflows) = multipliedReportingOverflow(by: other)
        return overflows ? ((self < 0) == (other < 0) ? .max : .min) : product
    }

    /// The whole part of a number, clamped to the type's range; 0 for NaN.
    ///
    /// For types of at most 64 bits. Converts by way of `UInt64` and `Int64`, for which processors
    /// have an instruction: the standard library's generic conversion takes a hundred times as
    /// long, and every decision converts.
    @inlinable
    package init(clamping number: Double) {
        if number >= 0x1p64 {
            self = .max
        } else if number > 0 {
            self.init(clamping: UInt64(number))
        } else if number > -0x1p63 {
            self.init(clamping: Int64(number))
        } else {
            self = number.isNaN ? 0 : .min
        }
    }
}

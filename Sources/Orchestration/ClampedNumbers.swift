// Numbers from outside may be any: events, journals, manifests and the system's own files. What is
// reckoned with them stays in range instead of ending the process.

extension FixedWidthInteger {
    /// The sum, or the nearest number that there is.
    package func addingClamped(_ other: Self) -> Self {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? (other < 0 ? .min : .max) : sum
    }

    /// The difference, or the nearest number that there is.
    package func subtractingClamped(_ other: Self) -> Self {
        let (difference, overflows) = subtractingReportingOverflow(other)
        return overflows ? (other < 0 ? .max : .min) : difference
    }

    /// The product, or the nearest number that there is.
    package func multipliedClamped(by other: Self) -> Self {
        let (product, overflows) = multipliedReportingOverflow(by: other)
        return overflows ? ((self < 0) == (other < 0) ? .max : .min) : product
    }

    /// The whole part of a number, or the nearest number that there is; 0 for what is no number.
    ///
    /// For types of 64 bits at most. By way of these, whose conversions a processor has: the standard
    /// library's own for any type takes a hundred times as long, on the way of every decision.
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

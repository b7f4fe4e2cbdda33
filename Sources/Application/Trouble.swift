package import Reporting

/// A reason to give up, and the status to leave with.
package struct Trouble: Error {
    /// The reason: what, where, and what to do.
    package var message: SafeText
    /// The exit status.
    package var status: Int32

    /// Makes an error; see the properties.
    package init(_ message: SafeText, status: Int32) {
        self.message = message
        self.status = status
    }
}

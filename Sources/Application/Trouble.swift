package import Reporting

/// An error that ends a command, with its exit status.
package struct Trouble: Error {
    /// The message: the problem, its location, and what to do.
    package var message: SafeText
    /// The exit status.
    package var status: Int32

    /// Makes an error; see the properties.
    package init(_ message: SafeText, status: Int32) {
        self.message = message
        self.status = status
    }
}

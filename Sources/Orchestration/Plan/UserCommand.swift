/// A command of the user's for the shell, and the time that it may take.
package struct UserCommand: Hashable, Sendable {
    /// The text for the shell.
    package var command: String
    /// The time after which the command is ended.
    package var timeout: Duration

    /// Makes a command.
    package init(_ command: String, timeout: Duration) {
        (self.command, self.timeout) = (command, timeout)
    }
}

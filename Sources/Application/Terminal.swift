import Foundation
import Glibc
package import Orchestration
package import Reporting
import Synchronization

/// The standard output and error of commands, and the environment variables that affect them.
package enum Terminal {
    /// True if standard output is a terminal that can be drawn on.
    package static var canDraw: Bool {
        isatty(STDOUT_FILENO) == 1 && environment["TERM"] != "dumb" && !isCI
    }

    /// A person's choice of colours.
    package enum ColorChoice: String, CaseIterable, Sendable {
        case auto, always, never
    }

    private static let colorChoice = Mutex(ColorChoice.auto)

    /// Has output coloured as a person chose.
    package static func choose(_ choice: ColorChoice) { colorChoice.withLock { $0 = choice } }

    /// True if output is coloured: as was chosen, else not with `NO_COLOR`, with `CLICOLOR_FORCE`, and on a
    /// terminal.
    package static var usesColor: Bool {
        switch colorChoice.withLock({ $0 }) {
        case .always: true
        case .never: false
        case .auto:
            (environment["NO_COLOR"] ?? "").isEmpty && (isOn("CLICOLOR_FORCE") || canDraw)
        }
    }

    /// The columns of standard output; `nil` if it is no terminal.
    package static var columns: Int? {
        var window = winsize()
        guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0,
            window.ws_col > 0
        else { return nil }
        return Int(window.ws_col)
    }

    /// The environment of this process.
    package static var environment: [String: String] { ProcessInfo.processInfo.environment }

    /// True if GitHub Actions reads the output.
    package static var isReadByGitHub: Bool { isOn("GITHUB_ACTIONS") }

    /// True if a CI system runs Quire, as its variable `CI` tells.
    package static var isCI: Bool { isOn("CI") }

    /// Returns true if an environment variable is set to anything but a word for no.
    private static func isOn(_ name: String) -> Bool {
        let value = (environment[name] ?? "").trimmingCharacters(in: .whitespaces).lowercased()
        return !["", "0", "false", "no", "off", "n", "f"].contains(value)
    }

    /// Writes a line to standard output.
    package static func say(_ text: SafeText) { StandardStream.output.write(text + "\n") }

    /// Writes a line to standard error, without the secrets of this environment: errors repeat what other
    /// programs have said.
    package static func complain(_ text: SafeText) {
        StandardStream.error.write(text.redacted(by: redactor) + "\n")
    }

    /// The redactor of what is shown although it was never recorded.
    package static let redactor = Redactor(environment: [environment])

    /// Returns the exit status of a command whose report for people went to a stream.
    ///
    /// The report goes to standard error if a file goes to standard output. If it can't be written there,
    /// only the status tells: no stream is left for a message.
    package static func status(_ status: Int32, reportedOn stream: StandardStream) -> Int32 {
        let isLost = stream === StandardStream.error && ![nil, .closed].contains(stream.failure)
        return isLost ? ExitStatus.missing : status
    }

    /// Returns the exit status after all output was written; `status` is the command's own.
    ///
    /// An answer that could not be written counts as missing, with a message on standard error. A reader that
    /// has closed the output (`quire logs t | head`) wanted no more, and gets no message. The status tells it
    /// as that of other programs does, unless the command did work whose status counts.
    package static func finalStatus(_ status: Int32, didWork: Bool) -> Int32 {
        switch StandardStream.output.failure {
        case nil: return status
        case .closed?: return status == 0 && !didWork ? ExitStatus.closed : status
        case let failure?:
            complain(
                "the output is not complete: standard output can't be written: \(failure.words)"
            )
            return ExitStatus.missing
        }
    }
}

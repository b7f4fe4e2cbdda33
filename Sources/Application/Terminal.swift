import Foundation
import Glibc
package import Reporting

/// The standard output and error of commands, and the environment that shapes what they say.
package enum Terminal {
    /// Whether standard output is a terminal that can be drawn on.
    package static var canDraw: Bool {
        isatty(STDOUT_FILENO) == 1 && environment["TERM"] != "dumb" && !isOn("CI")
    }

    /// Whether to use colour: on a terminal, unless `NO_COLOR` is set.
    package static var usesColor: Bool { canDraw && (environment["NO_COLOR"] ?? "").isEmpty }

    /// The columns of standard output; `nil` where it is no terminal.
    package static var columns: Int? {
        var window = winsize()
        guard isatty(STDOUT_FILENO) == 1, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0,
            window.ws_col > 0
        else { return nil }
        return Int(window.ws_col)
    }

    /// The environment of this process.
    package static var environment: [String: String] { ProcessInfo.processInfo.environment }

    /// Whether GitHub Actions reads the output.
    package static var isReadByGitHub: Bool { isOn("GITHUB_ACTIONS") }

    /// Whether a variable of the environment says yes: it is set, and to nothing that says no.
    private static func isOn(_ name: String) -> Bool {
        let value = (environment[name] ?? "").trimmingCharacters(in: .whitespaces).lowercased()
        return !["", "0", "false", "no", "off", "n", "f"].contains(value)
    }

    /// Says a line to standard output.
    package static func say(_ text: SafeText) { StandardStream.output.write(text + "\n") }

    /// Says a line to standard error.
    package static func complain(_ text: SafeText) { StandardStream.error.write(text + "\n") }

    /// The status of a command whose report for people went to a stream.
    ///
    /// Standard error takes it where a file has standard output. What can't be written there is told
    /// by the status alone: nothing is left to say it on.
    package static func status(_ status: Int32, reportedOn stream: StandardStream) -> Int32 {
        let isLost = stream === StandardStream.error && ![nil, .closed].contains(stream.failure)
        return isLost ? ExitStatus.missing : status
    }

    /// The status to leave with, when all is said.
    ///
    /// `status` is the command's own. An answer that could not be written counts as missing, with a
    /// word on standard error. A reader that has closed the output (`quire logs t | head`) wants no
    /// more, which needs no word; it is told in the status as the system's own programs do, unless
    /// the command did work whose status counts.
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

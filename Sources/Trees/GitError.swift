import FileAccess
import Orchestration

/// A call of git that failed.
package struct GitError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The cause of a failure, as far as it decides what happens next.
    package enum Cause: Hashable, Sendable {
        /// The disk is full, read-only or failing.
        case disk
        /// Another program works on the same repository.
        case lock
        /// git is missing, or could not be started.
        case program
        /// Anything else: trying again does not help.
        case other
    }

    /// The failure, its place, and what to do.
    package let description: String
    /// The cause.
    package let cause: Cause
    /// True if git did not end by itself: nobody knows how far it came.
    let isCutOff: Bool

    /// True if the same call may succeed later.
    package var mayPass: Bool { cause == .disk || cause == .lock }

    /// Makes an error of Quire's own.
    package init(_ words: String, cause: Cause = .other) {
        description = words
        self.cause = cause
        isCutOff = false
    }

    init(_ doing: String, in directory: String, _ answer: GitAnswer) {
        let complaint = answer.complaint
        isCutOff = answer.status == nil
        if let gone = Self(goneFrom: directory, doing) {
            (description, cause) = (gone.description, .other)
            return
        }
        cause = Self.cause(complaint, errors: answer.errors, status: answer.status)
        let advice = Self.advice(cause, complaint)
        description =
            "\(doing) in \(directory) failed: \(complaint.isEmpty ? "git said nothing" : complaint)"
            + (advice.isEmpty ? "" : "; \(advice)")
    }

    /// Makes the error of work in a directory that is gone; `nil` if it is there.
    ///
    /// Trees, and what is known of them, have their places by absolute paths.
    package init?(goneFrom directory: String, _ doing: String) {
        guard FileKind(directory) == .nothing else { return nil }
        self.init(
            "\(doing) failed: \(directory) is gone; if it was renamed or moved, move it back, since the "
                + "trees of its tasks work in that place alone"
        )
    }

    private static func cause(_ complaint: String, errors: String, status: Int32?) -> Cause {
        let disk = [
            "No space left on device", "Disk quota exceeded", "Read-only file system",
            "Input/output error", "Too many open files",
        ]
        if disk.contains(where: complaint.contains) { return .disk }
        // Another error may stand before the one on the lock.
        let all = complaint + "\n" + errors
        let lock = [".lock': File exists", "cannot lock ref", "Another git process seems to be"]
        if lock.contains(where: all.contains) { return .lock }
        if all.contains("could not lock config file"), all.contains(": File exists") {
            return .lock
        }
        return status == nil && complaint.contains("running \"") ? .program : .other
    }

    private static func advice(_ cause: Cause, _ complaint: String) -> String {
        switch cause {
        case .disk: return "free some space"
        case .lock:
            return "another git works there, or one was killed: remove the lock file if none runs"
        case .program: return "install git"
        case .other:
            if complaint.contains("dubious ownership") {
                let path = complaint.split(separator: "'").dropFirst().first ?? "DIRECTORY"
                return
                    "it belongs to another user: if you trust them, run `git config --global --add "
                    + "safe.directory '\(path)'`"
            }
            if isOfIdentity(complaint) {
                return "set user.name and user.email with `git config --global`"
            }
            return ""
        }
    }

    /// Indicates whether git says that it knows no author for a commit.
    static func isOfIdentity(_ complaint: String) -> Bool {
        ["tell me who you are", "empty ident", "auto-detect", "disallowed characters"].contains(
            where: complaint.contains
        )
    }
}

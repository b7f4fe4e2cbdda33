/// What this program was built from.
package enum Version {
    /// The release, as in semantic versioning.
    package static let number = "0.1.0"

    /// The git commit in full, in hexadecimal; `nil` where it was not built from a git checkout of
    /// this project.
    package static var commit: String? { builtCommit.isEmpty ? nil : builtCommit }

    /// Whether what was built had changes that the commit does not hold.
    ///
    /// The package's description and its sources count, also a file that git does not know.
    package static var hasChanges: Bool { builtWithChanges }

    /// The release and the commit on a line: `quire 0.1.0 (commit 8e377bb10ab2)`.
    package static var line: String {
        "quire \(number) (\(words(commit: commit, hasChanges: hasChanges)))"
    }

    /// What is known of a commit, for people.
    package static func words(commit: String?, hasChanges: Bool) -> String {
        guard let commit else { return "commit unknown: not built in a git checkout" }
        return "commit \(commit.prefix(12))" + (hasChanges ? " with uncommitted changes" : "")
    }
}

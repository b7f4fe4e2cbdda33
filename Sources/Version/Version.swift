internal import CBuild

/// The release, and the build of this program.
package enum Version {
    /// The release, as in semantic versioning.
    package static let number = "0.1.0"

    /// The build: the git commit of a release that `config/release` made (`commit 8e377bb10ab2`), or
    /// `development`.
    package static var build: String { unsafe String(cString: cbuild_description()) }

    /// The release and the build on a line: `quire 0.1.0 (commit 8e377bb10ab2)`.
    package static var line: String { "quire \(number) (\(build))" }
}

import Foundation

/// What programs that a test runs find around them, wherever the tests run.
package enum TestEnvironment {
    /// The variables of the tests' own environment that reach a program: where programs and files
    /// are, and what a sanitizer is told.
    ///
    /// Nothing else does: neither what a CI sets nor a terminal's, nor those of a Quire whose session
    /// runs the tests.
    private static let inherited: Set<String> = [
        "PATH", "TMPDIR", "USER", "LOGNAME", "LD_LIBRARY_PATH", "LD_PRELOAD", "ASAN_OPTIONS",
        "TSAN_OPTIONS", "UBSAN_OPTIONS", "LLVM_PROFILE_FILE",
    ]

    /// The environment of a program.
    package static var base: [String: String] {
        ProcessInfo.processInfo.environment.filter { inherited.contains($0.key) }.merging(
            [
                // Nobody's home: no configuration, no login, and no place to leave anything.
                "HOME": "/nonexistent", "LC_ALL": "C.UTF-8",
                "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1",
                // A repository that the directory of temporary files may lie in is none of theirs.
                "GIT_CEILING_DIRECTORIES": temporaryDirectory,
            ]
        ) { $1 }
    }

    /// The directory of temporary files, without links and without a slash at its end.
    package static var temporaryDirectory: String {
        URL(filePath: NSTemporaryDirectory()).resolvingSymlinksInPath().path
    }

    /// A process number that no process has: greater than the greatest of any Linux.
    package static let impossibleProcess: Int32 = (1 << 22) + 1
}

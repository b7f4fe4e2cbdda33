import FileAccess

// Paths as they are given to commands.
extension String {
    /// The absolute path without links; a relative one is taken from the working directory.
    package var resolvedPath: String { resolved(in: WorkingDirectory.path) }

    /// The absolute path by the names of its links; a relative one is taken from the working
    /// directory.
    package var absolutePath: String { absolute(in: WorkingDirectory.path) }
}

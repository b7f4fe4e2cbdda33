import FileAccess

// Paths in the arguments of commands.
extension String {
    /// The absolute path with links resolved; a relative path starts at the working directory.
    package var resolvedPath: String { resolved(in: WorkingDirectory.path) }

    /// The absolute path with links left in it; a relative path starts at the working directory.
    package var absolutePath: String { absolute(in: WorkingDirectory.path) }
}

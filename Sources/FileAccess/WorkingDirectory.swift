import Glibc

/// The directory that this process was started in.
package enum WorkingDirectory {
    /// Its absolute path, however long; `/` where it has none any more, which no command goes on with.
    package static var path: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }
}

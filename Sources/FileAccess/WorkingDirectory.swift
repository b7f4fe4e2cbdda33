import Glibc

/// The working directory of this process.
package enum WorkingDirectory {
    /// Absolute path of any length; `/` if the directory is gone, with which no command goes on.
    package static var path: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }
}

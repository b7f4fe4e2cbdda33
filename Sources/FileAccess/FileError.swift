package import Glibc

/// A file operation that failed.
package struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The operation, its object, the reason of the failure, and the remedy.
    package var description: String
    /// True if the disk may accept writes later: it is full, read-only or failing, or no descriptor is
    /// free.
    package var isOfTheDisk = false
    /// The system's error number; 0 for an error of Quire's own.
    package var code: Int32 = 0

    /// Makes an error from an `errno`; `directory`, an open directory on the same file system, shows
    /// whether a full disk lacks space or inodes.
    package init(_ doing: String, _ path: String, errno code: Int32, on directory: Int32? = nil) {
        let reason = String(cString: strerror(code))
        self.code = code
        isOfTheDisk = [ENOSPC, EDQUOT, EROFS, EIO, EMFILE, ENFILE].contains(code)
        description =
            "\(doing) \"\(path)\" failed: \(reason)" + Self.advice(code, path, on: directory)
    }

    /// Makes an error of Quire's own.
    package init(_ words: String) {
        description = words
    }

    /// Returns advice on an `errno`, to follow the system's message; empty if there is none to add.
    package static func advice(_ code: Int32, _ path: String, on directory: Int32? = nil) -> String
    {
        switch code {
        case ENOSPC: "; " + Shortage(of: path, on: directory).advice
        case EDQUOT: "; free some space"
        case EACCES, EPERM: "; check its owner and permissions"
        case EMFILE, ENFILE: "; raise the limit on descriptors (ulimit -n)"
        case EROFS: "; the file system is read-only"
        case ENOTDIR, EEXIST: "; a file stands where a directory is needed: move it away"
        case ENAMETOOLONG: "; use a place with a shorter path, or name one with --state-dir"
        case EFBIG: "; raise the limit on the size of files (ulimit -f)"
        default: ""
        }
    }
}

/// The resource that a full file system lacks.
package enum Shortage: Hashable, Sendable {
    /// The file system is out of inodes: there may be space, but no more files can be created.
    case files
    /// Space, or unknown.
    case space

    /// Examines the file system of an open directory, or else of a path or its parent directory.
    package init(of path: String, on directory: Int32? = nil) {
        var room = statvfs()
        let isKnown =
            directory.map { fstatvfs($0, &room) == 0 }
            ?? (statvfs(path, &room) == 0 || statvfs(path.parentPath, &room) == 0)
        self = isKnown && room.isOutOfFiles ? .files : .space
    }

    /// Returns the number of files that can still be created in the file system of a path or its
    /// parent directory; `nil` if unlimited or unknown.
    package static func filesLeft(at path: String) -> UInt64? {
        var room = statvfs()
        guard statvfs(path, &room) == 0 || statvfs(path.parentPath, &room) == 0 else { return nil }
        return room.f_files > 0 ? UInt64(room.f_favail) : nil
    }

    /// Indicates whether the file system of a path or its parent directory has no space left.
    package static func isDiskFull(_ path: String) -> Bool {
        var room = statvfs()
        guard statvfs(path, &room) == 0 || statvfs(path.parentPath, &room) == 0 else {
            return false
        }
        return room.f_blocks > 0 && room.f_bavail == 0
    }

    /// Advice for a person.
    package var advice: String {
        switch self {
        case .files:
            "no more files can be made there, whatever space is left (no free inodes): remove "
                + "files that nobody needs"
        case .space: "free some space"
        }
    }
}

extension statvfs {
    /// True if there are too few inodes to work with: a database alone is three or four files.
    ///
    /// File systems without a fixed number of inodes report none in all.
    package var isOutOfFiles: Bool { f_files > 0 && f_favail < 4 }
}

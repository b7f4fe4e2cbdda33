package import Glibc

/// A file operation that failed.
package struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was being done, to what, why it failed, and what to do.
    package var description: String
    /// Whether the disk takes nothing more now, but may again: it is full, read-only or fails, or
    /// there is no descriptor to use it with.
    package var isOfTheDisk = false
    /// The system's error number; 0 for an error that the system knows nothing of.
    package var code: Int32 = 0

    /// Makes an error from an `errno`; `directory` is an open directory on the same file system, and
    /// tells what a full disk is short of.
    package init(_ doing: String, _ path: String, errno code: Int32, on directory: Int32? = nil) {
        let reason = String(cString: strerror(code))
        self.code = code
        isOfTheDisk = [ENOSPC, EDQUOT, EROFS, EIO, EMFILE, ENFILE].contains(code)
        description =
            "\(doing) \"\(path)\" failed: \(reason)" + Self.advice(code, path, on: directory)
    }

    /// Makes an error that the system knows nothing of.
    package init(_ words: String) {
        description = words
    }

    /// What to do about an `errno`, to follow the system's words; empty where that says nothing new.
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

/// What a file system that takes nothing more is short of.
package enum Shortage: Hashable, Sendable {
    /// There is space, but no more files can be made: the file system is out of inodes.
    case files
    /// There is no space, or nobody can tell.
    case space

    /// Looks at the file system of an open directory, or else at that of a path or its directory.
    package init(of path: String, on directory: Int32? = nil) {
        var room = statvfs()
        let isKnown =
            directory.map { fstatvfs($0, &room) == 0 }
            ?? (statvfs(path, &room) == 0 || statvfs(path.parentPath, &room) == 0)
        self = isKnown && room.isOutOfFiles ? .files : .space
    }

    /// How many more files can be made in the file system of a path, or of its directory; `nil`
    /// where that has no limit, or nobody can tell.
    package static func filesLeft(at path: String) -> UInt64? {
        var room = statvfs()
        guard statvfs(path, &room) == 0 || statvfs(path.parentPath, &room) == 0 else { return nil }
        return room.f_files > 0 ? UInt64(room.f_favail) : nil
    }

    /// Whether the file system of a path, or of its directory, has no space left.
    package static func isDiskFull(_ path: String) -> Bool {
        var room = statvfs()
        guard statvfs(path, &room) == 0 || statvfs(path.parentPath, &room) == 0 else {
            return false
        }
        return room.f_blocks > 0 && room.f_bavail == 0
    }

    /// What a person can do.
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
    /// Whether nothing can be done for want of inodes: a database alone is three or four files.
    ///
    /// File systems without a fixed number of inodes have none to count.
    package var isOutOfFiles: Bool { f_files > 0 && f_favail < 4 }
}

package import Glibc

/// The kind of object that has a name; links are not followed.
package enum FileKind: Hashable, Sendable {
    case nothing, file, directory, link, pipe, socket, device

    /// Makes the kind from a file's status.
    package init(_ status: stat) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: self = .file
        case S_IFDIR: self = .directory
        case S_IFLNK: self = .link
        case S_IFIFO: self = .pipe
        case S_IFSOCK: self = .socket
        default: self = .device
        }
    }

    /// Determines the kind at an absolute path.
    package init(_ path: String) {
        var status = stat()
        self = lstat(path, &status) == 0 ? FileKind(status) : .nothing
    }

    /// The kind in words, with an article.
    package var words: String {
        switch self {
        case .nothing: "nothing"
        case .file: "a file"
        case .directory: "a directory"
        case .link: "a link"
        case .pipe: "a pipe"
        case .socket: "a socket"
        case .device: "a device"
        }
    }
}

/// The identity of a file, whatever its names: no two files share one at the same time.
package struct FileIdentity: Hashable, Sendable {
    /// Number of the file's file system.
    package let device: UInt64
    /// Number of the file in its file system.
    package let inode: UInt64

    /// Makes the identity from a file's status.
    package init(_ status: stat) {
        (device, inode) = (UInt64(status.st_dev), UInt64(status.st_ino))
    }

    /// Determines the identity at a path; its last part, if a link, is not followed; `nil` for none.
    package init?(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.init(status)
    }
}

/// Proof of a file's contents from its status alone.
///
/// Source: `inode(7)`, on the time of the last status change, which nobody can set.
package struct FileStamp: Hashable, Sendable {
    private let identity: FileIdentity
    /// The stamp without the number of the file system, which another start of the machine may change.
    package let text: String

    /// Age that the last change must exceed.
    ///
    /// File systems keep time in ticks, some in seconds, and two changes within one look alike. The clock
    /// of another machine may be wrong, too.
    private static let leastAge = Duration.seconds(2)
    /// The same for this machine's own file systems, if they keep fractions of a second.
    ///
    /// They advance with the kernel's ticks of at most 10 ms.
    private static let leastLocalAge = Duration.milliseconds(100)

    /// Makes the stamp from a file's status; `nil` if a further change might not show.
    ///
    /// `isLocal` is that of the file's directory.
    package init?(_ status: stat, isLocal: Bool = false) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let newest = max(Duration(status.st_ctim), Duration(status.st_mtim))
        let leastAge =
            isLocal && status.st_ctim.tv_nsec != 0 ? Self.leastLocalAge : Self.leastAge
        guard Duration(now) - newest > leastAge else { return nil }
        identity = FileIdentity(status)
        text = Self.text(of: status)
    }

    /// Returns the number and size of a file, and the times of the last change of its contents and of its
    /// status, in four words.
    package static func text(of status: stat) -> String {
        let modified = "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
        let changed = "\(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)"
        return "\(status.st_ino) \(status.st_size) \(modified) \(changed)"
    }
}

extension Duration {
    fileprivate init(_ time: timespec) {
        self = .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

/// The times of files, by the clock that gives them.
package enum FileTime {
    /// The time now, since the epoch.
    package static func now() -> Duration {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Duration(now)
    }

    /// Returns the time since the epoch at which a file was last modified; `nil` if that can't be told.
    package static func modification(of path: String) -> Duration? {
        var status = stat()
        return stat(path, &status) == 0 ? Duration(status.st_mtim) : nil
    }
}

/// Access to single files by paths that Quire itself or a person named.
package enum RegularFile {
    /// Opens a regular file for reading; returns -1 with `errno` for anything else.
    ///
    /// A link is not followed (`ELOOP`), and a pipe or device not waited for (`EINVAL`).
    package static func open(_ path: String) -> Int32 {
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY
        let file = Glibc.open(path, flags)
        guard file >= 0 else { return file }
        var status = stat()
        guard fstat(file, &status) == 0, FileKind(status) == .file else {
            close(file)
            errno = EINVAL
            return -1
        }
        return file
    }

    /// Returns the contents of a regular file; `nil`, with `errno`, if there is none or reading fails.
    ///
    /// Reads at most `limit` bytes and one more, by which a larger file is recognised.
    package static func contents(_ path: String, limit: Int) -> [UInt8]? {
        let file = open(path)
        guard file >= 0 else { return nil }
        defer { close(file) }
        return read(file, limit: limit)
    }

    static func read(_ file: Int32, limit: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: min(limit + 1, 4096))
        while bytes.count <= limit {
            let count = Glibc.read(file, &piece, min(piece.count, limit + 1 - bytes.count))
            if count == 0 { break }
            if count > 0 { bytes += piece[..<count] } else if errno != EINTR { return nil }
        }
        return bytes
    }

    /// Writes all bytes; returns 0 or an `errno`.
    static func write(_ file: Int32, _ bytes: [UInt8]) -> Int32 {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count >= 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return errno }
        }
        return 0
    }
}

extension FileKind {
    /// Returns the kind in words, with the target of a link.
    package func words(at path: String) -> String {
        guard self == .link else { return words }
        var target = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &target, target.count)
        guard count > 0 else { return words }
        return
            "\(words) to \"\(String(decoding: target[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self))\""
    }
}

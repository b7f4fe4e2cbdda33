import FileAccess
import Glibc

/// A file in a tree, by its path's bytes: git's paths need not be UTF-8.
struct TreeFile: Hashable, Sendable {
    let bytes: [UInt8]

    init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    /// The path as text, for people.
    var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Returns the paths of a list of git's that NULs end.
    static func list(_ output: [UInt8]) -> [TreeFile] {
        output.split(separator: 0).map { TreeFile($0) }
    }

    /// Returns the status of the file in a tree, a link not followed; `nil` if there is none.
    func status(in root: String) -> stat? {
        var status = stat()
        return lstat(path(in: root), &status) == 0 ? status : nil
    }

    /// Indicates whether the file was last changed, or removed, after a time of the file system's clock.
    func isChanged(after time: timespec, in root: String) -> Bool {
        func isLater(_ other: timespec) -> Bool {
            (other.tv_sec, other.tv_nsec) > (time.tv_sec, time.tv_nsec)
        }
        if let status = status(in: root) { return isLater(status.st_ctim) }
        // Of a file that is gone the nearest directory tells.
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else {
            var status = stat()
            return lstat(root, &status) != 0 || isLater(status.st_ctim)
        }
        return TreeFile(bytes[..<slash]).isChanged(after: time, in: root)
    }

    /// Returns the first bytes of a regular file; empty for anything else.
    func start(in root: String, limit: Int) -> [UInt8] {
        let file = open(path(in: root), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        return [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            count = max(0, read(file, buffer.baseAddress, limit))
        }
    }

    /// Returns the path in a directory, with a NUL at its end.
    func path(in root: String) -> [CChar] {
        (Array(root.utf8) + [UInt8(ascii: "/")] + bytes + [0]).map { CChar(bitPattern: $0) }
    }
}

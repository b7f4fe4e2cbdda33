import Foundation
import Glibc

/// A file operation that failed.
package struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was being done, to what, why it failed, and what to do.
    package var description: String
    /// Whether the disk takes nothing more now, but may again: it is full, read-only or fails, or
    /// there is no descriptor to use it with.
    package var isOfTheDisk = false

    init(_ doing: String, _ path: String, errno code: Int32) {
        let reason = String(cString: strerror(code))
        isOfTheDisk = [ENOSPC, EDQUOT, EROFS, EIO, EMFILE, ENFILE].contains(code)
        description = "\(doing) \"\(path)\" failed: \(reason)" + Self.advice(code)
    }

    init(_ words: String) {
        description = words
    }

    private static func advice(_ code: Int32) -> String {
        switch code {
        case ENOSPC, EDQUOT: "; free some space"
        case EACCES, EPERM: "; check its owner and permissions"
        case EMFILE, ENFILE: "; raise the limit on descriptors (ulimit -n)"
        case EROFS: "; the file system is read-only"
        case ENOTDIR, EEXIST: "; a file stands where a directory is needed: move it away"
        default: ""
        }
    }
}

/// What stands at a path, links not followed.
enum FileKind {
    case nothing, file, directory, link, other

    init(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            self = .nothing
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: self = .file
        case S_IFDIR: self = .directory
        case S_IFLNK: self = .link
        default: self = .other
        }
    }
}

/// The file operations of the task directory.
enum FileSystem {
    /// The contents of a file; `nil` when there is none or it can't be read.
    ///
    /// Reads at most `limit` bytes and one more, so that a larger file shows.
    static func contents(_ path: String, limit: Int) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: min(limit + 1, 4096))
        while bytes.count <= limit {
            let count = read(file, &piece, min(piece.count, limit + 1 - bytes.count))
            if count == 0 { break }
            if count > 0 { bytes += piece[..<count] } else if errno != EINTR { return nil }
        }
        // What is no file may read as an empty one.
        return bytes.isEmpty && FileKind(path) != .file ? nil : bytes
    }

    /// Replaces a file in one step: readers see the old contents or the new, whole.
    ///
    /// It survives the death of this process, and where it `isDurable` a power failure; otherwise
    /// that may cost the newest contents, and the files written this way can all do without.
    static func replace(
        _ path: String,
        with bytes: [UInt8],
        isDurable: Bool = false
    ) throws(FileError) {
        let temporary = "\(path).\(getpid()).tmp"
        do throws(FileError) {
            try write(bytes, to: temporary, called: path, isDurable: isDurable)
            guard rename(temporary, path) == 0 else {
                throw FileError("writing", path, errno: errno)
            }
        } catch {
            unlink(temporary)
            throw error
        }
        if isDurable { try flushEntry(of: path) }
    }

    /// Waits until the disk has the entry of a path in its directory.
    private static func flushEntry(of path: String) throws(FileError) {
        let parent = (path as NSString).deletingLastPathComponent
        let directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw FileError("writing", path, errno: errno) }
        defer { close(directory) }
        // Some file systems have no such thing for directories.
        guard fsync(directory) == 0 || errno == EINVAL else {
            throw FileError("writing", path, errno: errno)
        }
    }

    /// Writes a file where it stands: readers may see it empty meanwhile.
    ///
    /// Errors tell of `name`.
    static func write(
        _ bytes: [UInt8],
        to path: String,
        called name: String? = nil,
        isDurable: Bool = false
    ) throws(FileError) {
        let name = name ?? path
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard file >= 0 else { throw FileError("writing", name, errno: errno) }
        var failure: Int32 = 0
        do {
            let handle = FileHandle(fileDescriptor: file, closeOnDealloc: false)
            try handle.write(contentsOf: Data(bytes))
        } catch {
            failure = errno == 0 ? EIO : errno
        }
        if isDurable, failure == 0, fsync(file) != 0 { failure = errno }
        if close(file) != 0, failure == 0 { failure = errno }
        guard failure == 0 else { throw FileError("writing", name, errno: failure) }
    }

    /// Writes a file anew where it stands; false where there is none, or that fails half-way.
    ///
    /// Lines: who reads it meanwhile finds the new ones, perhaps with empty lines after them.
    static func overwrite(_ path: String, with bytes: [UInt8]) -> Bool {
        let file = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { return false }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_size <= 65_536 else { return false }
        let padding = max(0, Int(status.st_size) - bytes.count)
        let padded = bytes + Array(repeating: UInt8(ascii: "\n"), count: padding)
        return pwrite(file, padded, padded.count, 0) == padded.count
            && (padding == 0 || ftruncate(file, off_t(bytes.count)) == 0)
    }

    /// Makes a directory and those above it.
    static func makeDirectory(_ path: String, isDurable: Bool = false) throws(FileError) {
        if FileKind(path) == .directory { return }
        let parent = (path as NSString).deletingLastPathComponent
        if !parent.isEmpty, parent != path, FileKind(parent) == .nothing {
            try makeDirectory(parent, isDurable: isDurable)
        }
        guard mkdir(path, 0o755) != 0 else {
            if isDurable { try flushEntry(of: path) }
            return
        }
        guard errno != EEXIST || FileKind(path) != .directory else { return }
        throw FileError("making the directory", path, errno: errno)
    }

    /// The path without links; `nil` when it does not exist.
    static func resolved(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }
}

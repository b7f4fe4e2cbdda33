import Foundation
import Glibc

/// A file operation that failed.
package struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was being done, to what, why it failed, and what to do.
    package var description: String

    init(_ doing: String, _ path: String, errno code: Int32) {
        let reason = String(cString: strerror(code))
        description = "\(doing) \"\(path)\" failed: \(reason)" + Self.advice(code)
    }

    init(_ words: String) {
        description = words
    }

    private static func advice(_ code: Int32) -> String {
        switch code {
        case ENOSPC, EDQUOT: "; free some space and run again"
        case EACCES, EPERM: "; check its owner and permissions"
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
        let handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
        guard let data = try? handle.read(upToCount: limit + 1) else {
            // An empty file reads as nothing.
            return FileKind(path) == .file ? [] : nil
        }
        return [UInt8](data)
    }

    /// Replaces a file in one step: readers see the old contents or the new, whole.
    ///
    /// It survives the death of this process; a power failure may cost the newest contents, and the
    /// files written this way can all do without.
    static func replace(_ path: String, with bytes: [UInt8]) throws(FileError) {
        let temporary = "\(path).\(getpid()).tmp"
        do throws(FileError) {
            try write(bytes, to: temporary)
            guard rename(temporary, path) == 0 else {
                throw FileError("writing", path, errno: errno)
            }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Writes a file where it stands: readers may see it empty meanwhile.
    static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard file >= 0 else { throw FileError("writing", path, errno: errno) }
        var failure: Int32 = 0
        do {
            let handle = FileHandle(fileDescriptor: file, closeOnDealloc: false)
            try handle.write(contentsOf: Data(bytes))
        } catch {
            failure = errno == 0 ? EIO : errno
        }
        if close(file) != 0, failure == 0 { failure = errno }
        guard failure == 0 else { throw FileError("writing", path, errno: failure) }
    }

    /// Makes a directory and those above it.
    static func makeDirectory(_ path: String) throws(FileError) {
        if FileKind(path) == .directory { return }
        let parent = (path as NSString).deletingLastPathComponent
        if !parent.isEmpty, parent != path, FileKind(parent) == .nothing {
            try makeDirectory(parent)
        }
        guard mkdir(path, 0o755) != 0, errno != EEXIST || FileKind(path) != .directory else {
            return
        }
        throw FileError("making the directory", path, errno: errno)
    }

    /// The path without links; `nil` when it does not exist.
    static func resolved(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }
}

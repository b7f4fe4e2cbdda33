import Glibc

// Copies of files.
extension Directory {
    /// Copies a regular file into another directory, in place of a file or link with its name there.
    ///
    /// This user may read the copy, and whatever else the owner may do with the file; nobody else may.
    package func copy(_ name: String, to other: Directory) throws(FileError) {
        let from = try open(name, O_RDONLY, writes: false)
        guard from >= 0 else { throw FileError("reading", path(of: name), errno: ENOENT) }
        defer { close(from) }
        var status = stat()
        guard fstat(from, &status) == 0 else { throw failure("reading", name) }
        other.remove(name)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        let to = openat(other.descriptor, name, flags, status.st_mode & 0o700 | 0o400)
        guard to >= 0 else { throw other.failure("writing", name) }
        var code = RegularFile.copy(from, to) ? 0 : errno
        if close(to) != 0, code == 0 { code = errno }
        guard code == 0 else {
            other.remove(name)
            errno = code
            throw other.failure("writing", name)
        }
    }
}

extension RegularFile {
    /// Copies all bytes of a file into an empty one; returns false, with `errno`, if that fails.
    ///
    /// File systems that can share blocks do (`ioctl_ficlone(2)`).
    package static func copy(_ from: Int32, _ to: Int32) -> Bool {
        ioctl(to, 0x4004_9409, from) == 0 || copyBytes(from, to)
    }

    private static func copyBytes(_ from: Int32, _ to: Int32) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(from, &buffer, buffer.count)
            if count <= 0 { return count == 0 }
            let code = write(to, Array(buffer[..<count]))
            guard code == 0 else {
                errno = code
                return false
            }
        }
    }
}

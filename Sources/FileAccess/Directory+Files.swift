import Glibc

extension Directory {
    /// Opens a regular file; returns -1 if it does not exist and `flags` don't create it.
    ///
    /// With `writes`, files with further names (hard links) are refused, as writing in place would
    /// change those, too. The caller closes the descriptor.
    package func open(
        _ name: String,
        _ flags: Int32,
        writes: Bool
    ) throws(FileError) -> Int32 {
        let safe = flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
        let file = openat(descriptor, name, safe, fileMode)
        guard file >= 0 else {
            let code = errno
            if code == ENOENT, flags & O_CREAT == 0 { return -1 }
            let kind = kind(of: name)
            if kind != .file, kind != .nothing { throw odd(name, kind) }
            errno = code
            throw failure(writes ? "writing" : "reading", name)
        }
        var status = stat()
        let isKnown = fstat(file, &status) == 0
        guard isKnown, FileKind(status) == .file, !writes || status.st_nlink <= 1 else {
            close(file)
            throw isKnown && FileKind(status) == .file
                ? FileError(
                    "\"\(path(of: name))\" has a second name elsewhere (a hard link), and what is "
                        + "written to it would be written there: move it away"
                ) : odd(name, isKnown ? FileKind(status) : .nothing)
        }
        return file
    }

    /// Takes all rights to a regular file away but those in `mode`.
    package func restrict(_ name: String, to mode: UInt32) throws(FileError) {
        let file = try open(name, O_RDONLY, writes: false)
        guard file >= 0 else { throw FileError("restricting", path(of: name), errno: ENOENT) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, fchmod(file, status.st_mode & mode) == 0 else {
            throw failure("restricting", name)
        }
    }

    /// Opens a file for appending; creates it if missing.
    package func openForAppending(_ name: String) throws(FileError) -> Int32 {
        try open(name, O_RDWR | O_APPEND | O_CREAT, writes: true)
    }

    /// Returns the contents of a file; `nil` if there is none.
    ///
    /// Reads at most `limit` bytes and one more, by which a larger file is recognised.
    package func contents(of name: String, limit: Int) throws(FileError) -> [UInt8]? {
        let file = try open(name, O_RDONLY, writes: false)
        guard file >= 0 else { return nil }
        defer { close(file) }
        guard let bytes = RegularFile.read(file, limit: limit) else {
            throw failure("reading", name)
        }
        return bytes
    }

    /// Replaces a file atomically: readers see either the old contents or the new.
    ///
    /// The file survives the death of this process, and if `isDurable` a power failure, which may
    /// otherwise cost the newest contents. A link or pipe with the name is replaced.
    package func replace(
        _ name: String,
        with bytes: [UInt8],
        isDurable: Bool = false,
        isExecutable: Bool = false
    ) throws(FileError) {
        let temporary = "\(name).\(getpid()).tmp"
        do throws(FileError) {
            try write(
                bytes,
                to: temporary,
                called: name,
                isDurable: isDurable,
                isExecutable: isExecutable
            )
            guard renameat(descriptor, temporary, descriptor, name) == 0 else {
                throw failure("writing", name)
            }
        } catch {
            unlinkat(descriptor, temporary, 0)
            throw error
        }
        if isDurable { try flush(name) }
    }

    /// Writes a new file; anything with its name is removed first.
    ///
    /// Errors name the file `called`.
    package func write(
        _ bytes: [UInt8],
        to name: String,
        called: String? = nil,
        isDurable: Bool = false,
        isExecutable: Bool = false
    ) throws(FileError) {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        // Who may read it may run it.
        let mode = isExecutable ? fileMode | (fileMode & 0o444) >> 2 : fileMode
        var file = openat(descriptor, name, flags, mode)
        if file < 0, errno == EEXIST, unlinkat(descriptor, name, 0) == 0 {
            file = openat(descriptor, name, flags, mode)
        }
        guard file >= 0 else { throw failure("writing", called ?? name) }
        var code = RegularFile.write(file, bytes)
        if isDurable, code == 0, fsync(file) != 0 { code = errno }
        if close(file) != 0, code == 0 { code = errno }
        guard code == 0 else {
            errno = code
            throw failure("writing", called ?? name)
        }
    }

    /// Overwrites a small file in place; returns false if there is none, or writing fails half-way.
    ///
    /// For files of lines: a reader meanwhile finds the new ones, perhaps followed by empty lines.
    package func overwrite(_ name: String, with bytes: [UInt8]) -> Bool {
        guard let file = try? open(name, O_WRONLY, writes: true), file >= 0 else { return false }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_size <= 65_536 else { return false }
        let padding = max(0, Int(status.st_size) - bytes.count)
        let padded = bytes + Array(repeating: UInt8(ascii: "\n"), count: padding)
        return pwrite(file, padded, padded.count, 0) == padded.count
            && (padding == 0 || ftruncate(file, off_t(bytes.count)) == 0)
    }

    /// Sets the time of a file's last change to now; returns false if that fails.
    @discardableResult
    package func touch(_ name: String) -> Bool {
        utimensat(descriptor, name, nil, AT_SYMLINK_NOFOLLOW) == 0
    }

    /// Removes a file of any kind; returns false if that fails.
    @discardableResult
    package func remove(_ name: String) -> Bool { unlinkat(descriptor, name, 0) == 0 }

    /// Removes an empty directory; returns false if that fails.
    @discardableResult
    package func removeDirectory(_ name: String) -> Bool {
        unlinkat(descriptor, name, AT_REMOVEDIR) == 0
    }

    /// Renames or moves an object; never replaces one that has the new name.
    package func move(
        _ name: String,
        to other: Directory? = nil,
        as newName: String
    ) throws(FileError) {
        let target = other ?? self
        guard target.kind(of: newName) == .nothing else {
            errno = EEXIST
            throw failure("moving", name)
        }
        guard renameat(descriptor, name, target.descriptor, newName) == 0 else {
            throw failure("moving", name)
        }
    }
}

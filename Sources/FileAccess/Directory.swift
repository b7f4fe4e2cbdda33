package import Glibc

/// An open directory, and access to the files in it.
///
/// A directory is opened once, and everything in it is reached through that descriptor: whatever
/// replaces its path afterwards is not used. Files are given by single names, never paths. No link is
/// followed, only regular files are read or written, and no pipe or device is waited for: agents can
/// write where Quire does, and Quire is outside their sandbox. All functions may block as disks do.
///
/// Files made in `.autonomous`, or in another private directory, are readable by this user alone.
package final class Directory: Sendable {
    /// The path by which it was opened, for messages and other programs.
    package let path: String
    /// The directory's identity, whatever its path leads to now.
    package let identity: FileIdentity
    let descriptor: Int32
    private let owner: uid_t
    private let isPrivate: Bool

    init(
        _ descriptor: Int32,
        path: String,
        isPrivate: Bool = false
    ) throws(FileError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            close(descriptor)
            throw FileError("opening the directory", path, errno: code)
        }
        self.descriptor = descriptor
        self.path = path
        self.isPrivate = isPrivate
        identity = FileIdentity(status)
        owner = status.st_uid
    }

    deinit { close(descriptor) }

    private static let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC

    // MARK: - Opening

    /// Opens a directory by a path that a person named; links in the path are followed.
    package convenience init(following path: String) throws(FileError) {
        let descriptor = Glibc.open(path, Self.flags)
        guard descriptor >= 0 else {
            throw FileError("opening the directory", path, errno: errno)
        }
        try self.init(descriptor, path: path)
    }

    /// Opens the directory with a name in this one; `nil` if there is none.
    ///
    /// - Throws: `FileError` if anything else has the name, even a link to a directory.
    package func directory(
        _ name: String,
        isPrivate: Bool = false
    ) throws(FileError) -> Directory? {
        let descriptor = openat(self.descriptor, name, Self.flags | O_NOFOLLOW)
        if descriptor >= 0 {
            let isPrivate = isPrivate || becomesPrivate(name)
            return try Directory(descriptor, path: path(of: name), isPrivate: isPrivate)
        }
        let code = errno
        if code == ENOENT { return nil }
        let kind = kind(of: name)
        if kind != .directory, kind != .nothing { throw odd(name, kind, wanted: "a directory") }
        throw FileError("opening the directory", path(of: name), errno: code)
    }

    /// Opens the directory with a name in this one; creates it if missing.
    package func makeDirectory(
        _ name: String,
        isDurable: Bool = false,
        isPrivate: Bool = false
    ) throws(FileError) -> Directory {
        if let directory = try directory(name, isPrivate: isPrivate) { return directory }
        let mode: mode_t = isPrivate || becomesPrivate(name) ? 0o700 : 0o755
        if mkdirat(descriptor, name, mode) == 0 {
            if isDurable { try flush(name) }
        } else if errno != EEXIST {
            throw failure("making the directory", name)
        }
        guard let directory = try directory(name, isPrivate: isPrivate) else {
            throw FileError("making the directory", path(of: name), errno: ENOENT)
        }
        return directory
    }

    /// Opens a directory by a path that a person named; creates its missing parts if `made`.
    ///
    /// No part from `.autonomous` on may be a link; neither may the last part if `made`, as it will be
    /// written to. What is made in it is readable by this user alone if it `isPrivate`.
    ///
    /// - Returns: `nil` if it does not exist and is not `made`.
    package static func open(
        _ path: String,
        made: Bool,
        isPrivate: Bool = false
    ) throws(FileError) -> Directory? {
        var parts = path.split(separator: "/").map(String.init)
        guard let last = parts.indices.last else { return try Directory(following: "/") }
        let firstOwn = parts.firstIndex(of: ".autonomous") ?? (made ? last : last + 1)
        let own = parts[firstOwn...]
        parts.removeSubrange(firstOwn...)
        guard var directory = try reach("/" + parts.joined(separator: "/"), made: made) else {
            return nil
        }
        for name in own {
            if made {
                directory = try directory.makeDirectory(name, isPrivate: isPrivate)
            } else if let next = try directory.directory(name) {
                directory = next
            } else {
                return nil
            }
        }
        return directory
    }

    private static func reach(_ path: String, made: Bool) throws(FileError) -> Directory? {
        do throws(FileError) {
            return try Directory(following: path)
        } catch  where error.code == ENOENT {
            guard made, path != "/" else { return nil }
            let name = String(path.split(separator: "/").last ?? "")
            return try reach(path.parentPath, made: true)?.makeDirectory(name)
        }
    }

    // MARK: - Checks

    private func becomesPrivate(_ name: String) -> Bool { isPrivate || name == ".autonomous" }

    var fileMode: mode_t { isPrivate ? 0o600 : 0o644 }

    /// Checks that the directory's path still leads to it.
    ///
    /// - Throws: `FileError` that names what is there instead.
    package func checkPlace() throws(FileError) {
        try Self.check(path, is: identity)
    }

    /// Checks that a path leads to a directory that was opened before.
    package static func check(_ path: String, is identity: FileIdentity) throws(FileError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            guard errno == ENOENT || errno == ENOTDIR else {
                throw FileError("opening the directory", path, errno: errno)
            }
            throw FileError(
                "the directory \"\(path)\" was removed or moved away while it was in use; nothing "
                    + "more was written there"
            )
        }
        guard FileIdentity(status) == identity else {
            let kind = FileKind(status)
            let other = kind == .directory ? "another directory" : kind.words(at: path)
            throw FileError(
                "the directory \"\(path)\" was replaced by \(other) while it was in use; nothing "
                    + "was written there: put the directory back that was moved away"
            )
        }
    }

    /// Checks that the directory can be trusted: it belongs to this user, to root, or to the owner of
    /// `outer`, which contains it.
    package func checkOwner(in outer: Directory) throws(FileError) {
        guard owner != geteuid(), owner != 0, owner != outer.owner else { return }
        throw FileError(
            "the directory \"\(path)\" belongs to another user (\(owner)) than the one around it, "
                + "and Quire writes nothing there: move it away, or give it to yourself (chown)"
        )
    }

    /// True if files can be created in the directory.
    package var isWritable: Bool { faccessat(descriptor, ".", W_OK | X_OK, 0) == 0 }

    /// Checks that files can be created in the directory.
    package func checkWritable() throws(FileError) {
        guard isWritable else { throw failure("opening the directory", ".") }
    }

    // MARK: - Names

    /// Returns the path of a file in the directory, for messages and other programs.
    package func path(of name: String) -> String { path + "/" + name }

    /// Returns a short path of a name, through the open directory: for calls that take a path of few bytes.
    ///
    /// It leads nowhere without `/proc`, and in another process.
    package func shortPath(of name: String) -> String { "/proc/self/fd/\(descriptor)/\(name)" }

    /// Returns the status of a name, without following links; `nil` for none.
    package func status(of name: String) -> stat? {
        var status = stat()
        guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        return status
    }

    /// Returns the status of a name in this directory's directory `inner`; `nil` for none.
    ///
    /// Takes a single call, but follows a link in the place of `inner`: compare the result, but open
    /// nothing because of it.
    package func status(of name: String, in inner: String) -> stat? {
        var status = stat()
        guard fstatat(descriptor, "\(inner)/\(name)", &status, AT_SYMLINK_NOFOLLOW) == 0 else {
            return nil
        }
        return status
    }

    /// Returns a free name: the given one, or that with a number.
    package func firstFree(_ name: String) -> String {
        guard kind(of: name) != .nothing else { return name }
        var number = 2
        while kind(of: "\(name)-\(number)") != .nothing { number += 1 }
        return "\(name)-\(number)"
    }

    /// Returns the kind of object that has a name.
    package func kind(of name: String) -> FileKind {
        status(of: name).map(FileKind.init) ?? .nothing
    }

    /// Returns the names in the directory, sorted.
    package func names() throws(FileError) -> [String] {
        let copy = openat(descriptor, ".", Self.flags)
        guard copy >= 0, let stream = fdopendir(copy) else {
            throw failure("reading the directory", ".")
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    // MARK: - Claims and locks

    /// Creates a directory; returns false, with `errno`, if the name is taken or that fails.
    package func claim(_ name: String) -> Bool {
        mkdirat(descriptor, name, becomesPrivate(name) ? 0o700 : 0o755) == 0
    }

    /// Runs `body` while no other process does the same; returns `nil`, with nothing done, if another
    /// one holds the directory locked for seconds.
    package func alone<Value>(_ body: () throws -> Value) throws -> Value? {
        let copy = reopen()
        guard copy >= 0 else { throw failure("locking", ".") }
        defer {
            // Unlock first: a child that was just forked has a copy of the descriptor until it execs.
            flock(copy, LOCK_UN)
            close(copy)
        }
        for _ in 0..<1000 {
            if flock(copy, LOCK_EX | LOCK_NB) == 0 { return try body() }
            guard errno == EWOULDBLOCK else { throw failure("locking", ".") }
            usleep(5_000)
        }
        return nil
    }

    /// Refreshes the system's view of the directory: NFS asks its server about a directory, and so
    /// about the names in it, when it is opened (`nfs(5)`, close-to-open cache consistency).
    package func refresh() {
        let copy = reopen()
        if copy >= 0 { close(copy) }
    }

    private func reopen() -> Int32 { openat(descriptor, ".", Self.flags) }

    /// Waits until a name's entry is on the disk.
    func flush(_ name: String) throws(FileError) {
        // Some file systems can't flush directories.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw failure("writing", name) }
    }

    // MARK: - Errors

    /// Returns an error from `errno`.
    package func failure(_ doing: String, _ name: String) -> FileError {
        let path = name == "." ? path : path(of: name)
        return FileError(doing, path, errno: errno, on: descriptor)
    }

    func odd(_ name: String, _ kind: FileKind, wanted: String = "a file") -> FileError {
        let path = path(of: name)
        return FileError(
            "\"\(path)\" is \(kind.words(at: path)), not \(wanted); move it away"
                + (kind == .link ? ": Quire follows no link where agents can write" : "")
        )
    }
}

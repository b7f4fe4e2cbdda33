import Glibc

// Whole directories, as agents leave them: with any names, and links that lead anywhere.
extension Directory {
    /// Removes what has a name, and everything in it; links are removed, and not followed.
    ///
    /// Nothing happens if there is nothing of this name.
    package func removeAll(_ name: String) throws(FileError) {
        try removeAll(Array(name.utf8CString))
    }

    /// Returns the bytes that a name and everything below it take on the disk; links are not followed.
    ///
    /// Files that can't be examined count as nothing.
    package func diskUse(of name: String) -> Int64 { diskUse(of: Array(name.utf8CString)) }

    private func removeAll(_ name: [CChar]) throws(FileError) {
        guard let inner = inner(name) else {
            guard unlinkat(descriptor, name, 0) == 0 || errno == ENOENT else {
                throw failure("removing", Self.text(name))
            }
            return
        }
        // Programs write-protect the directories of what they have downloaded.
        fchmod(inner.descriptor, 0o700)
        for entry in try inner.entries() { try inner.removeAll(entry) }
        guard unlinkat(descriptor, name, AT_REMOVEDIR) == 0 || errno == ENOENT else {
            throw failure("removing", Self.text(name))
        }
    }

    private func diskUse(of name: [CChar]) -> Int64 {
        var status = stat()
        guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return 0 }
        let own = Int64(status.st_blocks) * 512
        guard FileKind(status) == .directory, let inner = inner(name),
            let entries = try? inner.entries()
        else { return own }
        return entries.reduce(own) { $0 + inner.diskUse(of: $1) }
    }

    /// Opens the directory with a name; `nil` if it is none, or can't be opened.
    private func inner(_ name: [CChar]) -> Directory? {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW
        let inner = openat(descriptor, name, flags)
        return inner < 0 ? nil : try? Directory(inner, path: path(of: Self.text(name)))
    }

    /// Returns the names in the directory as bytes, which need not be UTF-8.
    private func entries() throws(FileError) -> [[CChar]] {
        let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = fdopendir(copy) else {
            throw failure("reading the directory", ".")
        }
        defer { closedir(stream) }
        var entries: [[CChar]] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                bytes.prefix { $0 != 0 }.map { CChar(bitPattern: $0) } + [0]
            }
            if ![".", ".."].contains(Self.text(name)) { entries.append(name) }
        }
        return entries
    }

    private static func text(_ name: [CChar]) -> String {
        String(decoding: name.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

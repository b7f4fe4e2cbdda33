import Glibc

extension String {
    /// The absolute path, as the system follows it, without `.` and `..`; a relative one is taken from
    /// an absolute directory.
    ///
    /// Links keep the names that they were called by, but for one before a `..`: that leads to the
    /// parent of the link's target. What does not exist is not followed.
    package func absolute(in directory: String) -> String {
        let path = utf8.first == UInt8(ascii: "/") ? self : directory + "/" + self
        return path.components.reduce("") { parent, name in
            switch name {
            case ".": parent
            case "..": parent.directoryAbove
            default: parent + "/" + name
            }
        }.orRoot
    }

    /// The absolute path without links; a relative one is taken from an absolute directory.
    ///
    /// What does not exist keeps its name, and so does a link to a name that is no UTF-8.
    package func resolved(in directory: String) -> String {
        let path = absolute(in: directory)
        return path.withoutLinks
            ?? path.components.reduce("") { parent, name in
                let next = parent + "/" + name
                return (next.withoutLinks ?? next).withoutRoot
            }.orRoot
    }

    /// The path without links; `nil` when it does not exist, or has bytes that are no UTF-8.
    package var withoutLinks: String? {
        // The system would take a NUL for the end of another path.
        guard !utf8.contains(0), let real = realpath(self, nil) else { return nil }
        defer { free(real) }
        return String(validatingCString: real)
    }

    /// The path without its last part.
    package var parentPath: String {
        guard let slash = utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == startIndex ? "/" : String(self[..<slash])
    }

    /// The names between the slashes: bytes, since a slash and an accent are one character.
    private var components: [String] {
        utf8.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The directory above an absolute path without `..`, with `""` for the root.
    private var directoryAbove: String {
        guard !utf8.contains(0), FileKind(self) == .link || hasSuffix("/..") else {
            return String(self[..<(utf8.lastIndex(of: UInt8(ascii: "/")) ?? startIndex)])
        }
        // A target that no text can name is left for the system to follow.
        return (withoutLinks?.parentPath ?? (exists ? self + "/.." : parentPath)).withoutRoot
    }

    private var exists: Bool { access(self, F_OK) == 0 }

    /// The path, with `""` for the root, before further names.
    private var withoutRoot: String { self == "/" ? "" : self }

    private var orRoot: String { isEmpty ? "/" : self }
}

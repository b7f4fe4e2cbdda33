import Glibc

extension String {
    /// Returns the absolute path as the system follows it, without `.` and `..`; a relative one is
    /// taken from an absolute directory.
    ///
    /// Links keep their names, except before a `..`, which leads to the parent of the link's target.
    /// Names that don't exist are kept.
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

    /// Returns the absolute path without links; a relative one is taken from an absolute directory.
    ///
    /// Names that don't exist are kept, and so are links to names that are not UTF-8.
    package func resolved(in directory: String) -> String {
        let path = absolute(in: directory)
        return path.withoutLinks
            ?? path.components.reduce("") { parent, name in
                let next = parent + "/" + name
                return (next.withoutLinks ?? next).withoutRoot
            }.orRoot
    }

    /// The path without links; `nil` if it does not exist, or is not UTF-8.
    package var withoutLinks: String? {
        realPath.flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// The path without links, with U+FFFD for what is not UTF-8 in it; `nil` if it does not exist.
    ///
    /// Its names can be compared; the system may know no such path.
    package var withoutLinksRepaired: String? {
        realPath.map { String(decoding: $0, as: UTF8.self) }
    }

    private var realPath: [UInt8]? {
        // To the system, a NUL would end the path early.
        guard !utf8.contains(0), let real = realpath(self, nil) else { return nil }
        defer { free(real) }
        return [UInt8](UnsafeRawBufferPointer(start: real, count: strlen(real)))
    }

    /// The path without its last component.
    package var parentPath: String {
        guard let slash = utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == startIndex ? "/" : String(self[..<slash])
    }

    /// The names between the slashes, split as bytes: a slash and an accent are one character.
    private var components: [String] {
        utf8.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The directory above an absolute path without `..`, with `""` for the root.
    private var directoryAbove: String {
        guard !utf8.contains(0), FileKind(self) == .link || hasSuffix("/..") else {
            return String(self[..<(utf8.lastIndex(of: UInt8(ascii: "/")) ?? startIndex)])
        }
        // A target that is not UTF-8 is left for the system to follow.
        return (withoutLinks?.parentPath ?? (exists ? self + "/.." : parentPath)).withoutRoot
    }

    private var exists: Bool { access(self, F_OK) == 0 }

    /// The path, with `""` for the root, before further names.
    private var withoutRoot: String { self == "/" ? "" : self }

    private var orRoot: String { isEmpty ? "/" : self }
}

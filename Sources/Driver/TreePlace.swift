package import Autonomous
import FileAccess
import Glibc

/// The directory that a person named for trees.
package struct TreePlace: Sendable {
    /// The absolute path.
    package let path: String
    private let root: String
    /// The names that lead from the workspace to it; `nil` if it was named otherwise, or lies outside.
    private let names: [String]?

    /// Makes the place from its name: a path from the workspace, an absolute one, or one after `~`.
    package init(_ name: String, in workspace: Workspace, home: String) {
        root = workspace.root
        let isFromWorkspace =
            name.utf8.first != UInt8(ascii: "/") && name != "~" && !name.hasPrefix("~/")
        names = isFromWorkspace ? Self.names(of: name) : nil
        // By the names alone: the system would follow a link that stands before a "..".
        let inner = names.map { "./" + $0.joined(separator: "/") }
        path = workspace.path(of: inner ?? name, home: home)
    }

    /// Returns the names that a relative path leads through; `nil` if it leads out.
    private static func names(of path: String) -> [String]? {
        var names: [String] = []
        // As bytes: a slash and an accent are one character.
        for bytes in path.utf8.split(separator: UInt8(ascii: "/")) {
            let name = String(decoding: bytes, as: UTF8.self)
            if name == "." { continue }
            if name != ".." {
                names.append(name)
            } else if names.popLast() == nil {
                return nil
            }
        }
        return names
    }

    /// Opens the directory, and makes it if it is missing.
    ///
    /// Agents can put links into the workspace, so what lies there is entered name by name.
    func open() throws(FileError) -> Directory {
        let place = try opened()
        try place.checkOwner(in: try Directory(following: path.parentPath))
        try place.checkWritable()
        // Within a repository its trees are none of its files.
        if try place.names().isEmpty { try place.write(Array("*\n".utf8), to: ".gitignore") }
        return place
    }

    private func opened() throws(FileError) -> Directory {
        guard let names else {
            guard let place = try Directory.open(path, made: true, isPrivate: true) else {
                throw FileError("making the directory", path, errno: ENOENT)
            }
            return place
        }
        var place = try Directory(following: root)
        for name in names.dropLast() { place = try place.makeDirectory(name) }
        // Trees have copies of files that hold secrets.
        return try names.last.map { name throws(FileError) in
            try place.makeDirectory(name, isPrivate: true)
        } ?? place
    }
}

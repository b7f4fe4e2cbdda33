import FileAccess
import Glibc

/// Finds the top level of the git work tree around a directory, by git's rules without running git.
///
/// Follows `git rev-parse --show-toplevel` (`setup.c` and `gitrepository-layout(5)` of git). A `.git`
/// that is no repository is ignored: an empty directory, as Codex's sandbox leaves it behind, or a
/// broken file, at which git itself gives up. `GIT_CEILING_DIRECTORIES` and
/// `GIT_DISCOVERY_ACROSS_FILESYSTEM` limit the search. `GIT_DIR` and `GIT_WORK_TREE` are ignored, so
/// that a git hook finds the same workspace as a terminal; so are `core.worktree` and the repository's
/// owner.
enum GitTopLevel {
    /// Largest `.git` file that git reads, in bytes.
    private static let fileLimit = 1 << 20

    /// Returns the top level around an absolute path without links; `nil` for none.
    static func around(_ directory: String) -> String? {
        let ceilings = ceilings
        let device = isLimitedToFileSystem ? device(of: directory) : nil
        var path = directory
        while true {
            if hasRepository(path) { return path }
            // A bare repository has no work tree, nor has the directory `.git`.
            if path == "/" || isRepository(path) { return nil }
            let parent = path.parentPath
            if ceilings.contains(parent) || device != nil && Self.device(of: parent) != device {
                return nil
            }
            path = parent
        }
    }

    /// Indicates whether a directory's `.git` is a repository, or names one.
    private static func hasRepository(_ directory: String) -> Bool {
        let path = child(".git", of: directory)
        var status = stat()
        guard stat(path, &status) == 0 else { return false }
        switch FileKind(status) {
        case .directory: return isRepository(path)
        case .file: return named(by: path, in: directory).map(isRepository) ?? false
        case .nothing, .link, .pipe, .socket, .device: return false
        }
    }

    /// Returns the repository that a `.git` file names, as in linked work trees and submodules.
    private static func named(by file: String, in directory: String) -> String? {
        guard let text = text(file, limit: fileLimit), text.hasPrefix("gitdir: ") else {
            return nil
        }
        let target = text.dropFirst(8).trimmingLineEnds
        guard !target.isEmpty else { return nil }
        return target.hasPrefix("/") ? target : child(target, of: directory)
    }

    /// Indicates whether a directory is a repository: it has a head, objects and references.
    private static func isRepository(_ directory: String) -> Bool {
        guard hasHead(directory) else { return false }
        // Linked work trees share this part of their repository.
        let named = text(child("commondir", of: directory), limit: 4096)?.trimmingLineEnds
        let common =
            named.map { $0.hasPrefix("/") ? $0 : child($0, of: directory) } ?? directory
        return ["objects", "refs"].allSatisfy { access(child($0, of: common), X_OK) == 0 }
    }

    private static func hasHead(_ directory: String) -> Bool {
        let path = child("HEAD", of: directory)
        if FileKind(path) == .link {
            var target = [CChar](repeating: 0, count: 256)
            let count = readlink(path, &target, target.count)
            return count > 0 && target.starts(with: "refs/".utf8.map(CChar.init(bitPattern:)))
        }
        guard let text = text(path, limit: 255) else { return false }
        if text.hasPrefix("ref:") {
            return text.dropFirst(4).drop(while: \.isWhitespace).hasPrefix("refs/")
        }
        return text.prefix { $0.isASCII && $0.isHexDigit }.count >= 40
    }

    private static func text(_ path: String, limit: Int) -> String? {
        RegularFile.contents(path, limit: limit).map {
            String(decoding: $0.prefix(limit), as: UTF8.self)
        }
    }

    private static func child(_ name: String, of directory: String) -> String {
        directory == "/" ? "/" + name : directory + "/" + name
    }

    // MARK: - Limits of the search

    /// The directories that the search does not enter from below.
    private static var ceilings: Set<String> {
        var ceilings: Set<String> = []
        var isResolved = true
        for entry in variable("GIT_CEILING_DIRECTORIES").split(
            separator: ":",
            omittingEmptySubsequences: false
        ) {
            // Links in the entries after an empty one are not resolved.
            if entry.isEmpty { isResolved = false }
            guard entry.hasPrefix("/") else { continue }
            let path = String(entry)
            ceilings.insert((isResolved ? path.withoutLinks : nil) ?? path.trimmingSlashes)
        }
        return ceilings
    }

    private static var isLimitedToFileSystem: Bool {
        let value = variable("GIT_DISCOVERY_ACROSS_FILESYSTEM").lowercased()
        return !["true", "yes", "on"].contains(value) && Int(value) ?? 0 == 0
    }

    private static func variable(_ name: String) -> String {
        getenv(name).map { String(cString: $0) } ?? ""
    }

    private static func device(of path: String) -> dev_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_dev : nil
    }
}

extension String {
    fileprivate var trimmingSlashes: String {
        var path = self[...]
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return String(path)
    }
}

extension StringProtocol {
    fileprivate var trimmingLineEnds: String {
        var text = self[...]
        while let last = text.last, last.isNewline { text.removeLast() }
        return String(text)
    }
}

import FileAccess
import Glibc

/// The ignored files of the workspace that a new tree gets: settings, downloads, built parts.
///
/// A file is one that git ignores and that a pattern of the manifest's `include` or of the file
/// `.worktreeinclude` matches; the patterns are those of `.gitignore`. Files are copied, or share their
/// blocks where the file system can. They are never hard links: what an agent writes into its copy
/// would be written into the workspace, out of its sandbox.
struct IncludedFiles {
    private let patterns: [String]
    private let source: String
    private let git: Git

    init(patterns: [String], from source: String, _ git: Git) {
        (self.patterns, self.source, self.git) = (patterns, source, git)
    }

    /// Copies the files into a tree; returns a message for each that was left out.
    func copy(to tree: String) throws -> [String] {
        let patterns = try allPatterns()
        guard !patterns.isEmpty else { return [] }
        let exact = Set(patterns.map { $0.hasPrefix("/") ? String($0.dropFirst()) : $0 })
        var warnings: [String] = []
        for file in try matches(patterns, list) {
            if SecretFiles.isName(file.text), !exact.contains(file.text) {
                warnings.append(
                    "\(file.text) looks like a secret and was not carried over; name it exactly in "
                        + "\"include\" if agents need it"
                )
            } else if let words = CopiedFile(file, from: source, to: tree).copy() {
                warnings.append(words)
            }
        }
        return warnings
    }

    /// Returns the files of this kind in a tree that are not as in the workspace: somebody changed them.
    func changed(in tree: TreeGit) throws -> [TreeFile] {
        let patterns = try allPatterns()
        guard !patterns.isEmpty else { return [] }
        let files = try matches(patterns) { try tree.output($0, doing: Self.doing) }
        return files.filter { file in
            guard let status = file.status(in: tree.path), FileKind(status) == .file else {
                return false
            }
            let limit = Int(status.st_size) + 1
            return file.start(in: tree.path, limit: limit) != file.start(in: source, limit: limit)
        }
    }

    private static let doing = "looking for the files to carry over"

    /// Returns the patterns of the manifest and of the workspace's file.
    private func allPatterns() throws -> [String] {
        guard let workspace = try Directory.open(source, made: false),
            let listed = try workspace.contents(of: ".worktreeinclude", limit: 1 << 20)
        else { return patterns }
        return patterns
            + String(decoding: listed, as: UTF8.self).split(whereSeparator: \.isNewline)
            .map(String.init).filter { !$0.hasPrefix("#") }
    }

    private func list(_ words: [String]) throws -> [UInt8] {
        try git.output(words, in: source, doing: Self.doing)
    }

    /// Returns the ignored files that match, as `git ls-files` lists them.
    private func matches(
        _ patterns: [String],
        _ lines: ([String]) throws -> [UInt8]
    ) throws -> [TreeFile] {
        func list(_ options: [String]) throws -> [TreeFile] {
            TreeFile.list(try lines(["ls-files", "-z", "--others", "--ignored"] + options))
        }
        let ignored = Set(try list(["--exclude-standard"]))
        return try list(patterns.map { "--exclude=\($0)" }).filter {
            ignored.contains($0) && !$0.text.hasPrefix(".autonomous/")
        }
    }
}

/// One file on its way from the workspace into a tree.
private struct CopiedFile {
    private let file: TreeFile
    private let source: String
    private let tree: String

    init(_ file: TreeFile, from source: String, to tree: String) {
        (self.file, self.source, self.tree) = (file, source, tree)
    }

    /// Copies the file; returns words if it was left out.
    func copy() -> String? {
        guard let status = file.status(in: source) else { return nil }
        switch FileKind(status) {
        case .file: return copyContents(mode: status.st_mode) ? nil : failure
        case .link: return "\(file.text) is a link and was not carried over"
        case .nothing, .directory, .pipe, .socket, .device: return nil
        }
    }

    private var failure: String {
        let reason = String(cString: strerror(errno))
        return "\(file.text) was not carried over into the tree: \(reason)"
    }

    private func copyContents(mode: mode_t) -> Bool {
        makeDirectories()
        let from = open(file.path(in: source), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard from >= 0 else { return false }
        defer { close(from) }
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let to = open(file.path(in: tree), flags, mode & 0o777)
        // What the commit has under this name is the tree's own.
        guard to >= 0 else { return errno == EEXIST }
        let isCopied = RegularFile.copy(from, to)
        let code = errno
        let isClosed = close(to) == 0
        if !isCopied { errno = code }
        return isCopied && isClosed
    }

    private func makeDirectories() {
        for (place, byte) in file.bytes.enumerated() where byte == UInt8(ascii: "/") {
            mkdir(TreeFile(file.bytes[..<place]).path(in: tree), 0o755)
        }
    }
}

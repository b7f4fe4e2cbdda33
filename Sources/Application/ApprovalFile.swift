import Dates
import FileAccess
import Glibc
import Orchestration
import Reporting

/// The texts of manifests that this user has approved, in a file of the user's own.
///
/// A line names the format, and each further line an approval: the text's key, its kind, and the time. The
/// file is replaced as a whole, by one process at a time, and survives a power failure. A file or directory
/// that others could have written is neither believed nor replaced.
package struct ApprovalFile: Sendable {
    /// An approval.
    struct Approval: Hashable {
        var kind: String
        var since: String
    }

    /// Largest file that is read, in bytes.
    private static let limit = 16 << 20
    private static let name = "trust"
    private static let title = "quire trust "
    private static let format = 1

    /// The directory's path.
    private let directory: String
    private let user: uid_t

    /// The file's path.
    package var path: String { directory + "/" + Self.name }

    /// Makes the file of the user whose environment this is; `nil` if that has no place for it.
    ///
    /// The path: that of `UserState`, and `trust`.
    package init?(environment: [String: String]) {
        self.init(environment: environment, user: geteuid())
    }

    /// Makes the file as another user would find it.
    init?(environment: [String: String], user: uid_t) {
        guard let directory = UserState.directory(environment) else { return nil }
        self.directory = directory
        self.user = user
    }

    // MARK: - Reading

    /// Returns the keys of what is approved; none if there is no file.
    ///
    /// - Throws: `Trouble` with status 69 if the file can't be believed or read.
    package func keys() throws -> Set<String> { Set(try approvals().keys) }

    /// Returns the approvals by their keys.
    func approvals() throws -> [String: Approval] {
        try told {
            let base = directory.parentPath
            guard FileKind(directory) != .nothing else { return [:] }
            guard let place = try Directory(following: base).directory("quire") else { return [:] }
            return try approvals(in: place)
        }
    }

    private func approvals(in place: Directory) throws -> [String: Approval] {
        try check(place)
        guard let bytes = try place.contents(of: Self.name, limit: Self.limit) else { return [:] }
        return try parse(bytes)
    }

    /// Refuses what another user may have written.
    private func check(_ place: Directory) throws {
        try check(place.status(of: "."), place.path, "directory")
        try check(place.status(of: Self.name), path, "file")
    }

    private func check(_ status: stat?, _ path: String, _ what: String) throws {
        guard let status, [.file, .directory].contains(FileKind(status)) else { return }
        if status.st_uid != user {
            throw refusal(
                "the \(what) \"\(path)\" belongs to another user (\(status.st_uid)) than the one who runs Quire "
                    + "(\(user)); give it to yourself (chown), or set XDG_STATE_HOME to a directory of your own"
            )
        }
        if status.st_mode & 0o022 != 0 {
            throw refusal(
                "others may write to the \(what) \"\(path)\"; move it away if somebody did, else: "
                    + "chmod go-w \(path.shellQuoted)"
            )
        }
    }

    private func parse(_ bytes: [UInt8]) throws -> [String: Approval] {
        guard bytes.count <= Self.limit, let text = String(validating: bytes, as: UTF8.self) else {
            throw damage(line: 1)
        }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let first = lines.removeFirst()
        guard first.hasPrefix(Self.title), let format = Int(first.dropFirst(Self.title.count)),
            format > 0
        else { throw damage(line: 1) }
        guard format == Self.format else {
            throw refusal(
                "\"\(path)\" was written by a newer Quire (format \(format)); use that one, or move the file away "
                    + "and approve again"
            )
        }
        // A line that was cut off has no newline at its end.
        guard lines.popLast() == "" else { throw damage(line: lines.count + 2) }
        var approvals: [String: Approval] = [:]
        for (number, line) in lines.enumerated() {
            guard let found = line.wholeMatch(of: /([0-9a-f]{64}) ([a-z_]+) ([0-9:. +-]+)/) else {
                throw damage(line: number + 2)
            }
            approvals[String(found.1)] = Approval(
                kind: String(found.2),
                since: String(found.3)
            )
        }
        return approvals
    }

    // MARK: - Writing

    /// Approves texts.
    ///
    /// - Throws: `Trouble` with status 69 if the file can't be believed or written.
    package func approve(_ texts: [GuardedText]) throws {
        guard !texts.isEmpty else { return }
        let since = LocalTime.stamp(.now)
        try change { approvals in
            for text in texts {
                approvals[text.key] = Approval(kind: text.kind.rawValue, since: since)
            }
        }
    }

    /// Takes approvals back.
    ///
    /// - Throws: `Trouble` with status 69 if the file can't be believed or written.
    package func revoke(_ texts: [GuardedText]) throws {
        guard FileKind(path) != .nothing else { return }
        try change { approvals in
            for text in texts { approvals[text.key] = nil }
        }
    }

    private func change(_ body: (inout [String: Approval]) -> Void) throws {
        try told {
            let opened = try Directory.open(directory, made: true, isPrivate: true)
            guard let place = opened else {
                throw FileError("making the directory", directory, errno: ENOENT)
            }
            let done: Void? = try place.alone {
                var approvals = try approvals(in: place)
                body(&approvals)
                try place.replace(Self.name, with: Self.bytes(approvals), isDurable: true)
            }
            guard done != nil else {
                throw refusal(
                    "another Quire is writing to \"\(path)\"; give the same command again"
                )
            }
        }
    }

    private static func bytes(_ approvals: [String: Approval]) -> [UInt8] {
        let lines = approvals.sorted { $0.key < $1.key }.map {
            "\($0) \($1.kind) \($1.since)\n"
        }
        return Array(("\(title)\(format)\n" + lines.joined()).utf8)
    }

    // MARK: - Errors

    private func told<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as FileError {
            throw refusal(error.description)
        }
    }

    private func damage(line: Int) -> Trouble {
        refusal(
            "\"\(path)\" is damaged in line \(line), and nothing in it is believed; move it away, and approve again "
                + "(quire trust MANIFEST)"
        )
    }

    private func refusal(_ words: String) -> Trouble {
        Trouble("the approvals of manifests can't be used: \(words)", status: ExitStatus.missing)
    }
}

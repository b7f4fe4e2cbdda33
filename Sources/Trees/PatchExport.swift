package import FileAccess
import Glibc
import Orchestration

/// The result of writing a task's patches.
package enum ExportResult: Hashable, Sendable {
    /// The number of patches that were written, and what a person should know of them.
    case written(Int, note: String?)
    /// Nothing was written, since the task has committed nothing that is left.
    case unchanged
    /// The reason why nothing was written.
    case leftOut(String)
}

/// Directories of patches that `git am` takes, one for each task, and a list of all patches in order.
///
/// A task's directory is replaced as a whole, and only if all that is in it is as an earlier export wrote
/// it. Patches that don't bring the task's base to the very files of its newest commit are not written.
package struct PatchExport {
    private static let series = "series"
    /// The first line of the list in earlier releases, which kept `git am` from taking it.
    private static let formerFirstLine = "# Written by quire export: the patches in their order."

    private let git: Git
    private let place: Directory
    private let isSingle: Bool

    /// Makes the export into a directory; `isSingle` for one patch a task instead of one a commit.
    ///
    /// The caller is alone at work in the directory: see `Directory.alone`.
    package init(into place: Directory, isSingle: Bool, _ git: Git) {
        (self.place, self.isSingle, self.git) = (place, isSingle, git)
    }

    /// Writes the patches of a task.
    ///
    /// - Throws: `TreeTrouble` if git or the disk fails; what an earlier export wrote is still there.
    package func write(
        _ record: TreeRecord,
        of repository: Repository
    ) throws(TreeTrouble) -> ExportResult {
        try inTrouble {
            let tip = try record.newest(in: repository, git)
            let work = TaskCommits(record, tip: tip, in: repository, git)
            guard try work.hasChanges() else { return .unchanged }
            if let words = try ExportedDirectory.refusal(record.task, in: place) {
                return .leftOut(words)
            }
            let new = try ExportedDirectory.begin(record.task, in: place)
            if try !isSingle && work.isSeries() && work.write(into: new.directory, isSingle: false)
            {
                return .written(try new.finish(), note: nil)
            }
            guard try work.write(into: new.directory, isSingle: true) else {
                try new.abandon()
                return .leftOut(
                    "patches can't say what it changed; fetch its branch \(record.branch) instead"
                )
            }
            let note =
                isSingle
                ? nil : "as one, since its commits are no plain series: it has merges in it"
            return .written(try new.finish(), note: note)
        }
    }

    /// Returns the tasks that a task builds on, directly or not, and whose patches are not in the directory.
    ///
    /// Tasks that have changed nothing have none, and are not meant.
    ///
    /// - Throws: `TreeTrouble` if the directory can't be read.
    package func missing(
        for record: TreeRecord,
        among all: [TreeRecord]
    ) throws(TreeTrouble) -> [String] {
        let byName = Dictionary(all.map { ($0.task, $0) }) { first, _ in first }
        var found: Set<String> = []
        var waiting = record.needs ?? []
        while let task = waiting.popLast() {
            if found.insert(task).inserted { waiting += byName[task]?.needs ?? [] }
        }
        return try inTrouble {
            try found.sorted().filter { task in
                if let known = byName[task], known.tip == known.base { return false }
                return try !ExportedDirectory.isOwn(task, in: place)
            }
        }
    }

    /// Writes the list of all patches in the directory; the tasks named come first, in this order.
    ///
    /// Name all tasks that there are, as the directory has those of earlier exports, too.
    ///
    /// - Returns: Words if the list is somebody else's, and was left alone.
    /// - Throws: `TreeTrouble` if it can't be written.
    package func writeSeries(_ order: [String]) throws(TreeTrouble) -> String? {
        try inTrouble {
            let old = try place.contents(of: Self.series, limit: 1 << 24)
            guard try old.map(isOwnSeries) ?? true else {
                return
                    "\(place.path(of: Self.series)) is not Quire's, and was left as it is; move it away, or name another "
                    + "place with --into"
            }
            let tasks = try place.names().filter { try ExportedDirectory.isOwn($0, in: place) }
            let listed = order.filter(tasks.contains) + tasks.filter { !order.contains($0) }
            let lines = try listed.flatMap { task in
                try place.directory(task)?.names().filter { $0.hasSuffix(".patch") }
                    .map { "\(task)/\($0)" } ?? []
            }
            // Nothing else: "git am $(cat series)" takes each line for a patch.
            let text = Array(lines.map { $0 + "\n" }.joined().utf8)
            // Both are Quire's, whenever it is killed.
            let marks = [old, text].compactMap(\.self).map { Fingerprint(bytes: $0).text + "\n" }
            try place.replace(ExportedDirectory.mark, with: Array(marks.joined().utf8))
            try place.replace(Self.series, with: text)
            return nil
        }
    }

    /// Indicates whether a list of patches was written by an export.
    private func isOwnSeries(_ bytes: [UInt8]) throws -> Bool {
        if bytes.starts(with: Self.formerFirstLine.utf8) { return true }
        let marks = try place.contents(of: ExportedDirectory.mark, limit: 1 << 16) ?? []
        let known = String(decoding: marks, as: UTF8.self).split(separator: "\n")
        return known.contains(Substring(Fingerprint(bytes: bytes).text))
    }
}

/// The commits of a task, to be written as patches.
private struct TaskCommits {
    private static let settings = [
        "diff.noprefix=false", "diff.mnemonicPrefix=false", "format.noprefix=false",
        "diff.orderFile=/dev/null", "diff.suppressBlankEmpty=false", "format.useAutoBase=false",
        "diff.interHunkContext=0", "diff.relative=false",
    ]
    private static let options = [
        "--quiet", "--binary", "--full-index", "--no-renames", "--no-ext-diff", "--no-textconv",
        "--submodule=short", "--ignore-submodules=none", "--unified=3",
        "--no-color", "--no-attach", "--no-thread", "--no-cover-letter", "--no-notes",
        "--no-signoff", "--no-from", "--no-to", "--no-cc", "--no-add-header", "--no-signature",
        "--encoding=UTF-8", "--subject-prefix=PATCH", "--suffix=.patch", "--src-prefix=a/",
        "--dst-prefix=b/", "--topo-order",
    ]

    private let record: TreeRecord
    private let tip: String
    private let repository: Repository
    private let git: Git
    private let doing: String

    init(_ record: TreeRecord, tip: String, in repository: Repository, _ git: Git) {
        (self.record, self.tip, self.repository, self.git) = (record, tip, repository, git)
        doing = "writing the patches of \(record.task)"
    }

    /// Indicates whether the files differ from those that the task began with.
    func hasChanges() throws(GitError) -> Bool { try files(of: tip) != files(of: record.base) }

    /// Indicates whether no commit is a merge, which no patch can say.
    func isSeries() throws(GitError) -> Bool {
        try output(["rev-list", "--merges", "--max-count=1", "\(record.base)..\(tip)"]).isEmpty
    }

    /// Writes the patches; returns false, with nothing written, if they don't lead to the same files.
    func write(into place: Directory, isSingle: Bool) throws -> Bool {
        let range = try isSingle ? ["-1", squashed()] : ["\(record.base)..\(tip)"]
        _ = try output(
            Self.settings.flatMap { ["-c", $0] } + ["format-patch", "-o", place.path]
                + Self.options + range
        )
        let names = try place.names().filter { $0.hasSuffix(".patch") }
        // git makes them as the umask lets it, which may be writable by all.
        for name in names { try place.restrict(name, to: 0o644) }
        if try leadToSameFiles(names, in: place) { return true }
        for name in names { place.remove(name) }
        return false
    }

    /// Returns true if the patches, applied to the base in a separate index, give the same files.
    private func leadToSameFiles(_ names: [String], in place: Directory) throws -> Bool {
        let index = "index"
        defer { for name in [index, index + ".lock"] { place.remove(name) } }
        let environment = ["GIT_INDEX_FILE=\(place.path(of: index))"]
        _ = try output(["read-tree", record.base], environment: environment)
        let applied = git.call(
            ["apply", "--cached", "--binary", "--whitespace=nowarn"]
                + names.map { place.path(of: $0) },
            in: repository.topLevel,
            environment: environment
        )
        guard applied.status == 0 else { return false }
        let made = try output(["write-tree"], environment: environment)
        return try ObjectName(made)?.text == files(of: tip)
    }

    /// Returns a commit with all that the task has changed, after its base, as its newest author's.
    private func squashed() throws -> String {
        let log = try output(["log", "--format=* %s", "\(record.base)..\(tip)"])
        let who = try output(["log", "-1", "--format=%an%x00%ae%x00%ad", "--date=raw", tip])
        let fields = who.split(separator: 0).map {
            String(decoding: $0, as: UTF8.self).trimmingNewline
        }
        let environment: [String] =
            fields.count == 3
            ? ["AUTHOR", "COMMITTER"].flatMap {
                [
                    "GIT_\($0)_NAME=\(fields[0])", "GIT_\($0)_EMAIL=\(fields[1])",
                    "GIT_\($0)_DATE=@\(fields[2])",
                ]
            } : []
        let made = try output(
            ["commit-tree", try files(of: tip), "-p", record.base],
            input: Array("\(record.task)\n\n".utf8) + log,
            environment: environment
        )
        guard let name = ObjectName(made) else {
            throw GitError("\(doing) failed: git gave no commit")
        }
        return name.text
    }

    private func files(of commit: String) throws(GitError) -> String {
        try git.line(["rev-parse", "\(commit)^{tree}"], in: repository.topLevel, doing: doing)
    }

    private func output(
        _ arguments: [String],
        input: [UInt8] = [],
        environment: [String] = []
    ) throws(GitError) -> [UInt8] {
        try git.output(
            arguments,
            in: repository.topLevel,
            doing: doing,
            input: input,
            environment: environment
        )
    }
}

extension String {
    fileprivate var trimmingNewline: String { hasSuffix("\n") ? String(dropLast()) : self }
}

/// A task's directory of patches: the old one until it is finished, then the new one.
private struct ExportedDirectory {
    /// The file that lists what Quire wrote: a fingerprint and a name in each line.
    static let mark = ".quire-export"

    let directory: Directory
    private let task: String
    private let place: Directory

    /// Indicates whether a directory was written by an export.
    static func isOwn(_ name: String, in place: Directory) throws -> Bool {
        guard !name.hasPrefix("."), place.kind(of: name) == .directory else { return false }
        return try place.directory(name)?.kind(of: mark) == .file
    }

    /// Returns the reason why a task's directory can't be replaced; `nil` if it can.
    static func refusal(_ task: String, in place: Directory) throws -> String? {
        guard place.kind(of: task) != .nothing else { return nil }
        let path = place.path(of: task)
        guard place.kind(of: task) == .directory, let old = try place.directory(task),
            let marks = try old.contents(of: mark, limit: 1 << 24)
        else { return "\(path) is not Quire's; move it away, or name another place with --into" }
        let known = Set(String(decoding: marks, as: UTF8.self).split(separator: "\n"))
        for name in try old.names() where name != mark {
            let bytes =
                try old.kind(of: name) == .file ? old.contents(of: name, limit: .max - 1) : nil
            let line = bytes.map { "\(Fingerprint(bytes: $0).text) \(name)" } ?? ""
            guard known.contains(Substring(line)) else {
                return "\(path)/\(name) is not as Quire wrote it; move it away"
            }
        }
        return nil
    }

    /// Begins a directory, beside the old one.
    static func begin(_ task: String, in place: Directory) throws -> ExportedDirectory {
        // Of an export that was killed; nobody else has such names.
        for name in [".quire-\(task).new", ".quire-\(task).old"] { try place.removeAll(name) }
        return ExportedDirectory(
            directory: try place.makeDirectory(".quire-\(task).new"),
            task: task,
            place: place
        )
    }

    /// Removes what was begun.
    func abandon() throws { try place.removeAll(".quire-\(task).new") }

    /// Puts the directory in the old one's place; returns the number of patches.
    func finish() throws -> Int {
        let names = try directory.names()
        let lines = try names.map { name in
            let bytes = try directory.contents(of: name, limit: .max - 1) ?? []
            return "\(Fingerprint(bytes: bytes).text) \(name)\n"
        }
        try directory.replace(Self.mark, with: Array(lines.joined().utf8))
        if place.kind(of: task) != .nothing { try place.move(task, as: ".quire-\(task).old") }
        try place.move(".quire-\(task).new", as: task)
        try place.removeAll(".quire-\(task).old")
        return names.count
    }
}

import Autonomous
import FileAccess
import Glibc
import Orchestration
import Trees

/// The files of complete tasks that are kept beside the run's database.
///
/// Blocks as disks do.
struct ArtifactKeeper: Sendable {
    private let workspace: Workspace
    private let work: WorkTable
    /// The directory with one for each task.
    private let place: String

    /// Makes the keeper of a run; `nil` if no task's files are to be kept.
    init?(_ request: RunRequest) {
        guard let place = request.artifacts else { return nil }
        (workspace, self.place, work) = (request.workspace, place, request.work)
        guard work.all.values.contains(where: { !$0.artifacts.isEmpty }) else { return nil }
    }

    /// Copies the files of a complete task; returns them, `nil` for none, and what people should know.
    func keep(_ task: String) -> (artifacts: Artifacts?, warnings: [String]) {
        guard let work = work[task], !work.artifacts.isEmpty else { return (nil, []) }
        do {
            guard let source = try source(task, work) else { return (nil, []) }
            guard
                let target = try Directory.open(
                    "\(place)/\(task)",
                    made: true,
                    isPrivate: true
                )
            else { return (nil, []) }
            var copy = ArtifactCopy(of: work.artifacts, to: target)
            copy.copy(from: source)
            if copy.files.isEmpty, copy.warnings.isEmpty {
                let patterns = work.artifacts.joined(separator: ", ")
                return (nil, ["no file is there for its artifacts: \(patterns)"])
            }
            let kept = copy.files.isEmpty ? nil : Artifacts(copy.files, in: target.path)
            return (kept, copy.warnings)
        } catch {
            return (nil, ["its artifacts were not kept: \(error)"])
        }
    }

    /// Opens the directory that the task worked in; `nil` if it is gone.
    private func source(_ task: String, _ work: TaskWork) throws -> Directory? {
        guard work.tree != nil else { return try Directory(following: work.directory) }
        guard let records = try workspace.directories.state("trees"),
            let record = try TreeRecords(records).record(of: task),
            FileKind(record.path) == .directory
        else { return nil }
        let directory = work.directory.resolved(in: "/")
        let isWithin = directory.hasPrefix(record.topLevel + "/")
        let inner = isWithin ? directory.dropFirst(record.topLevel.count) : ""
        // Agents can put links into the tree, so it is entered name by name.
        var source: Directory? = try Directory(following: record.path)
        for name in inner.split(separator: "/") { source = try source?.directory(String(name)) }
        return source
    }
}

/// A copy of the files in a directory that patterns name.
///
/// A pattern is a path; `*`, `?` and `[a-z]` stand for parts of names, `**` for any directories, and a
/// directory for all in it, `.` for the whole directory. No link is followed, and no repository entered.
struct ArtifactCopy {
    private static let mostFiles = 10_000
    private static let mostBytes: Int64 = 4 << 30
    private static let mostNames = 500_000
    private static let deepest = 64
    private static let mostWarnings = 5

    private let patterns: Set<ArraySlice<String>>
    private let target: Directory
    private var bytes: Int64 = 0
    private var names = 0
    private var isFull = false
    /// The paths of the files that were copied.
    private(set) var files: [String] = []
    /// The words on what was not copied, and why.
    private(set) var warnings: [String] = []

    init(of patterns: [String], to target: Directory) {
        self.patterns = Set(patterns.map(Self.names))
        self.target = target
    }

    /// Returns the names between the slashes of a pattern, without those that are ".".
    private static func names(of pattern: String) -> ArraySlice<String> {
        let all = pattern.split(separator: "/").map(String.init)
        let names = all.filter { $0 != "." }
        return names.isEmpty && !all.isEmpty ? ["**"] : names[...]
    }

    mutating func copy(from source: Directory) { walk(source, [], patterns) }

    private mutating func walk(
        _ source: Directory,
        _ path: [String],
        _ patterns: Set<ArraySlice<String>>
    ) {
        do throws(FileError) {
            for name in try source.names() where name != ".git" && name != ".autonomous" {
                guard mayLookOn() else { return }
                try look(at: name, in: source, path, patterns)
            }
        } catch {
            warn("\(error)")
        }
    }

    /// Counts a name; returns false once there were too many.
    private mutating func mayLookOn() -> Bool {
        names += 1
        if !isFull, names > Self.mostNames {
            isFull = true
            warn("too many files were looked at for artifacts; the rest was left out")
        }
        return !isFull
    }

    private mutating func look(
        at name: String,
        in source: Directory,
        _ path: [String],
        _ patterns: Set<ArraySlice<String>>
    ) throws(FileError) {
        let rests = patterns.flatMap { Self.rests(of: $0, after: name) }
        guard !rests.isEmpty else { return }
        let kind = source.kind(of: name)
        switch kind {
        case .file where rests.contains(where: \.isEmpty): copyFile(name, in: source, path)
        case .directory where path.count < Self.deepest:
            // A pattern that names the directory itself stands for all in it.
            let inner = Set(rests.map { $0.isEmpty ? ["**"] : $0 })
            // The copy may lie in what is copied, and would be copied without an end.
            if let next = try source.directory(name), next.identity != target.identity {
                walk(next, path + [name], inner)
            }
        case .link, .pipe, .socket, .device:
            guard rests.contains(where: \.isEmpty) else { return }
            warn("\((path + [name]).joined(separator: "/")) is \(kind.words) and was not kept")
        case .nothing where name.unicodeScalars.contains("\u{FFFD}"):
            // A name that was read with replacements is none there: nothing can be opened by it.
            warn(
                "\((path + [name]).joined(separator: "/")) was not kept, since its name is not "
                    + "UTF-8; give it another"
            )
        case .nothing, .file, .directory: break
        }
    }

    /// Returns what is left of a pattern after a name that it begins with; nothing if it does not, and
    /// something empty if that is all of it.
    private static func rests(
        of pattern: ArraySlice<String>,
        after name: String
    ) -> [ArraySlice<String>] {
        guard let first = pattern.first else { return [] }
        guard first == "**" else { return name.matches(first) ? [pattern.dropFirst()] : [] }
        // All that is left of "a/**" is whatever lies there.
        if pattern.count == 1 { return [pattern, []] }
        return [pattern] + rests(of: pattern.dropFirst(), after: name)
    }

    private mutating func copyFile(_ name: String, in source: Directory, _ path: [String]) {
        let size = source.status(of: name).map { Int64($0.st_size) } ?? 0
        guard files.count < Self.mostFiles, bytes.addingClamped(size) <= Self.mostBytes else {
            isFull = true
            let most = Format.count(Self.mostFiles, "file")
            return warn(
                "its artifacts are more than \(most) or \(Self.mostBytes.bytesForPeople); the rest was left out"
            )
        }
        do throws(FileError) {
            var directory = target
            for part in path { directory = try directory.makeDirectory(part) }
            try source.copy(name, to: directory)
            bytes += size
            files.append((path + [name]).joined(separator: "/"))
        } catch {
            isFull = error.isOfTheDisk
            warn("\(error)")
        }
    }

    private mutating func warn(_ words: String) {
        if warnings.count < Self.mostWarnings { warnings.append(words) }
    }
}

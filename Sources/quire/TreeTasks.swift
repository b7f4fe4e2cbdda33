import Application
import Autonomous
import FileAccess
import Orchestration
import Reporting
import Trees

/// The tasks whose work a command hands over.
struct ChosenTasks {
    /// The records of their trees.
    var records: [TreeRecord] = []
    /// True if something that was asked for, or has a tree, is not among them.
    var isLeftOut = false
    /// The newest records of all tasks.
    var history: TaskHistory
    /// The checks of the tasks, those that were left out included.
    var checks: TaskChecks

    /// The tasks that have a check which has not passed.
    fileprivate func unchecked(_ all: [TreeRecord]) -> Set<String> {
        Set(
            all.map(\.task).filter {
                checks[$0] != nil && history[$0]?.task.outcome != .complete
            }
        )
    }
}

/// The tasks of a workspace that have trees of their own, for the commands that hand over their work.
struct TreeTasks {
    let workspace: Workspace
    /// The directory of the records, which whoever changes them locks.
    let directory: Directory
    let records: TreeRecords
    private let stateDirectory: String

    /// Finds the tasks of the workspace around the working directory.
    ///
    /// - Throws: `Trouble` if no task there ever had a tree.
    init(_ state: StateOptions) throws {
        workspace = WorkspacePlace(state).workspace(around: ".".resolvedPath)
        guard let directory = try workspace.directories.state("trees") else {
            // Trees lie below the state of their workspace, unless the manifest says where.
            let place = "/.autonomous/.quire/worktrees/"
            if let range = workspace.root.firstRange(of: place) {
                let task = workspace.root[range.upperBound...].prefix { $0 != "/" }
                throw Trouble(
                    "this is the tree of \(task); go to "
                        + "\(workspace.root[..<range.lowerBound]), and give the command there",
                    status: ExitStatus.usage
                )
            }
            throw Trouble(
                "no task of \(workspace.root) has a tree of its own; \"isolation: worktree\" in the "
                    + "manifest gives it one",
                status: ExitStatus.missing
            )
        }
        self.directory = directory
        stateDirectory = state.directory(in: workspace)
        records = TreeRecords(directory)
    }

    /// Returns the record of a task's tree.
    ///
    /// - Throws: `Trouble` with the tasks that have one, if this one has not.
    func record(of task: String, status: Int32 = ExitStatus.usage) throws -> TreeRecord {
        // Names become names of files.
        if let name = try? TaskName(given: task), let record = try records.record(of: "\(name)") {
            return record
        }
        let others = try records.all().map(\.task)
        let near = others.isEmpty ? "" : "; those that have: \(others.joined(separator: ", "))"
        throw Trouble(
            "task \"\(task)\" has no tree of its own\(near); \"isolation: worktree\" in the manifest "
                + "gives it one",
            status: status
        )
    }

    /// Returns the records of the tasks named, or of all whose checklists are complete; says which are not,
    /// and are left out.
    ///
    /// `isChecked` says that the caller has checks run, so that a task that is named may be one whose check
    /// has not passed.
    func chosen(_ tasks: [String], isChecked: Bool = false) throws -> ChosenTasks {
        guard tasks.isEmpty else { return try chosen(named: tasks, isChecked) }
        let known = try records.all()
        guard !known.isEmpty else {
            Terminal.say("no task has a tree of its own yet; quire status says why")
            var none = try chosen(among: [])
            none.isLeftOut = true
            return none
        }
        // The trees of tasks that were deleted, or began anew, are no task's now.
        let all = known.filter {
            $0.isPruned != true
                && FileKind(workspace.autonomousDirectory + "/" + $0.task) != .nothing
        }
        guard !all.isEmpty else {
            Terminal.say("nothing to hand over: what tasks have done is merged and cleaned up")
            return try chosen(among: [])
        }
        var chosen = try chosen(among: all)
        let unchecked = chosen.unchecked(all)
        chosen.records = all.filter { record in
            guard
                let words = wordsOnRest(of: record)
                    ?? (unchecked.contains(record.task)
                        ? "\(Self.noPass); run its manifest again" : nil)
            else { return true }
            Terminal.say("\(record.task): left out, since \(words)")
            return false
        }
        if chosen.records.isEmpty {
            Terminal.say(
                "no task with a tree of its own is complete; name one to take what it has so far"
            )
        }
        chosen.isLeftOut = chosen.records.count < all.count
        return chosen
    }

    private static let noPass = "its check (verify) has not passed"

    private func chosen(named tasks: [String], _ isChecked: Bool) throws -> ChosenTasks {
        var names: Set<String> = []
        let all = try tasks.filter { names.insert($0).inserted }.map { try record(of: $0) }
        var chosen = try chosen(among: all)
        let unchecked = chosen.unchecked(all)
        for task in all.map(\.task) where unchecked.contains(task) {
            guard isChecked else {
                Terminal.say("\(task): left out, since \(Self.noPass); run its manifest again")
                continue
            }
            Terminal.complain("warning: \(task): \(Self.noPass)")
        }
        chosen.records = all.filter { isChecked || !unchecked.contains($0.task) }
        chosen.isLeftOut = chosen.records.count < all.count
        return chosen
    }

    /// Returns what is known of tasks of which none is chosen yet.
    private func chosen(among all: [TreeRecord]) throws -> ChosenTasks {
        let history = try TaskHistory(in: stateDirectory)
        return ChosenTasks(
            history: history,
            checks: TaskChecks(of: all.map(\.task), history)
        )
    }

    /// Says that a task's tree has work that is in no commit, and so is left out; false if it has none.
    ///
    /// `redactor` takes secrets out of the names that agents gave to files.
    func tellUncommitted(_ record: TreeRecord, _ git: Git, _ redactor: Redactor) throws -> Bool {
        let (files, leftOut) = try TaskTrees.uncommitted(record, git)
        leftOut.forEach { Terminal.say("\(record.task): \(redactor.redact($0))") }
        if !leftOut.isEmpty {
            Terminal.say(
                "    if it belongs to the work, commit it in \(record.path); if not, remove it, or let "
                    + ".gitignore name it"
            )
        }
        guard !files.isEmpty else { return !leftOut.isEmpty }
        let names = redactor.redact(files.inWords)
        Terminal.say(
            "\(record.task): left out what is in no commit in its tree \(record.path): \(names)"
        )
        Terminal.say(
            "    a session's end commits it; if none works there, do it yourself: cd "
                + "\(record.path.shellQuoted) && git add --all && git commit"
        )
        return true
    }

    /// Says that a task's work has a submodule at a commit that only its tree has, and so is left out; false
    /// if it has none.
    func tellSubmodules(
        _ record: TreeRecord,
        in repository: Repository,
        _ git: Git
    ) throws -> Bool {
        let tip = try record.newest(in: repository, git)
        let paths = try TaskTrees.unpushedSubmodules(record, at: tip, git)
        guard !paths.isEmpty else { return false }
        Terminal.say(
            "\(record.task): left out, since a commit that only its tree has is in \(paths.inWords)"
        )
        for path in paths {
            let push = ["git", "-C", record.path + "/" + path, "push"].shellCommand
            Terminal.say("    push it, to a branch that stays: \(push)")
        }
        return true
    }

    /// Says that a task's work has conflicts marked in it, or the like, and so is left out; false if it has
    /// none.
    func tellUnresolved(
        _ record: TreeRecord,
        in repository: Repository,
        _ git: Git
    ) throws -> Bool {
        let repair = TreeRepair(git: git, repository: repository, records: records)
        let paths = try repair.unresolved(record, at: record.newest(in: repository, git))
        guard !paths.isEmpty else { return try tellSubmodules(record, in: repository, git) }
        let run = try runCommand(of: record)
        Terminal.say(
            "\(record.task): left out, since conflicts are marked in \(paths.inWords); the task "
                + "resolves them: \(run)"
        )
        return true
    }

    /// Returns the records with the repository that each group of them is of, in a fixed order.
    func byRepository(_ chosen: [TreeRecord]) -> [(Repository, [TreeRecord])] {
        Dictionary(grouping: chosen, by: \.repository).sorted { $0.key < $1.key }.map {
            ($0.value[0].home, $0.value)
        }
    }

    /// Returns the reason why a task is not complete, by its checklist; `nil` if it is.
    private func wordsOnRest(of record: TreeRecord) -> String? {
        guard let name = try? TaskName(given: record.task) else { return "no task has such a name" }
        switch workspace.taskDirectory(name).checklistAsItLies() {
        case .good(let progress):
            return progress.isComplete ? nil : "its checklist is not complete"
        case .missing: return "it has no checklist yet"
        case .damaged(let words): return "its checklist is damaged: \(words)"
        }
    }

    /// Does something while no run works on a task.
    ///
    /// - Throws: `LockError` if one does.
    func owned<Value>(_ record: TreeRecord, _ body: () throws -> Value) throws -> Value {
        try workspace.taskDirectory(try TaskName(given: record.task)).owned { _ in try body() }
    }

    /// Indicates whether a task's checklist has an entry, ticked.
    func hasDone(_ text: String, _ record: TreeRecord) throws -> Bool {
        let directory = workspace.taskDirectory(try TaskName(given: record.task))
        let list = try? Checklist(bytes: Array(directory.taskListText().utf8))
        return list?.entries.contains { $0.isTicked && $0.text == text.oneLine(1000) } ?? false
    }

    /// Appends an entry to a task's checklist, unless it waits there, and says how it is worked on.
    ///
    /// `check` is that of the merge's call.
    func giveEntry(_ text: String, to record: TreeRecord, check: String?) throws {
        let directory = workspace.taskDirectory(try TaskName(given: record.task))
        let number = try directory.append(entry: text)
        let run = try runCommand(of: record)
        let merge = ["quire", "merge"] + (check.map { ["--check", $0] } ?? []) + [record.task]
        Terminal.say(
            "    its entry \(number) is to mend that: \(run), then: \(merge.shellCommand)"
        )
    }

    /// The command that works on a task, as people give it to a shell.
    func runCommand(of record: TreeRecord, _ options: [String] = []) throws -> String {
        let manifest = try TaskHistory(in: stateDirectory)[record.task]?.manifest
        return (["quire", "run", manifest ?? "MANIFEST"] + options).shellCommand
    }

    /// Does something to the records, or with the scratch tree, while no other command does.
    ///
    /// - Throws: `Trouble` if another one is at work.
    func alone<Value>(_ body: () throws -> Value) throws -> Value {
        guard let value = try directory.alone(body) else {
            throw Trouble(
                "another command is at work on the trees of \(workspace.root); wait for its end",
                status: ExitStatus.missing
            )
        }
        return value
    }

    /// Does something whose errors people read, by their own words.
    static func told<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as TreeTrouble {
            throw Trouble("\(error)", status: ExitStatus.missing)
        } catch let error as GitError {
            throw Trouble("\(error)", status: ExitStatus.missing)
        } catch let error as FileError {
            throw Trouble("\(error)", status: ExitStatus.missing)
        } catch let error as LockError {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
    }
}

extension [String] {
    /// The first of the paths, and how many more there are.
    var inWords: String {
        let names = prefix(5).map { $0.oneLine(200) }.joined(separator: ", ")
        return count > 5 ? "\(names) and \(count - 5) more" : names
    }
}

import Autonomous
import FileAccess
import Glibc
import Orchestration
import Trees

/// A task whose directory is locked for this run.
struct OpenTask: Sendable {
    let directory: TaskDirectory
    /// The newest inspection of its checklist.
    var look: ChecklistLook
    /// The events on the commit of work that was left.
    var commits: [Event] = []
}

/// The opening and release of task directories, on worker threads.
protocol DirectoryKeeper: Sendable {
    /// Opens directories, many a job, and returns their results in this order.
    func open(_ tasks: [String]) -> [TaskOpening.Result]
    /// Opens directories once more in the leg, whose sessions were all seen to end.
    func openAgain(_ tasks: [String]) -> [TaskOpening.Result]
    /// Releases the locks of open tasks.
    func release(_ tasks: [OpenTask])
    /// Returns those of the tasks whose questions were answered or withdrawn.
    func answered(_ tasks: [String]) -> [String]
    /// Writes a person's words for the next session of a task: an answer, or a note.
    func pass(_ words: String, to task: String, isAnswer: Bool) throws
    /// Returns the stamp of a complete checklist and its prompt; `nil` while work is left.
    func stamp(of look: ChecklistLook, _ task: String) -> String?
    /// The keeper of complete tasks' files; `nil` if none are kept.
    var artifacts: ArtifactKeeper? { get }
    /// Returns true if a check alone makes a task complete.
    func checks(_ task: String) -> Bool
}

/// The opening of task directories: created if missing, locked, inspected.
struct TaskOpening: DirectoryKeeper {
    /// The result for one directory.
    enum Result: Sendable {
        /// The directory is open; the warnings name its oddities.
        case opened(OpenTask, TaskInspected, warnings: [String])
        /// The directory can't be used at all.
        case unusable(task: String, reason: String)
        /// Another process owns the directory now.
        case locked(task: String, reason: String)
        /// The disk refuses writes now.
        case unwritable(task: String, reason: String)

        /// The open task; `nil` if the directory was not opened.
        var openTask: OpenTask? { if case .opened(let task, _, _) = self { task } else { nil } }

        /// The task's name.
        var task: String {
            switch self {
            case .opened(_, let inspected, _): inspected.task
            case .unusable(let task, _), .locked(let task, _), .unwritable(let task, _): task
            }
        }
    }

    /// The pid of this process.
    static let ownPID: Int32 = getpid()

    let workspace: Workspace
    /// The mark of this process as an owner; `nil` for its pid only.
    var owner: OwnerMark?
    /// The tasks' prompts, empty for a task that was begun elsewhere, and their checks.
    var work = WorkTable()
    /// The prompts to record.
    var missingPrompts: [String: DirectoryReview.MissingPrompt] = [:]
    /// The tasks that begin anew.
    var anew: Set<String> = []
    /// The tasks that begin anew by request.
    var redone: Set<String> = []
    /// The tasks whose sessions nobody saw end, each with the number of entries that its list may have.
    var interrupted: [String: Int?] = [:]
    /// The keeper of complete tasks' files; `nil` if none are kept.
    var artifacts: ArtifactKeeper?
    /// The commits of what was left of complete tasks; `nil` for none.
    var leftWork: LeftWork?
    /// The local time as `YYYYMMDD-HHMMSS`, for the names of archives.
    var stamp = ""

    func open(_ tasks: [String]) -> [Result] { tasks.map(open) }

    func openAgain(_ tasks: [String]) -> [Result] {
        var again = self
        // Tasks began anew, and a lost session's list was judged, when the leg first opened them.
        (again.anew, again.interrupted) = ([], [:])
        return again.open(tasks)
    }

    func checks(_ task: String) -> Bool { work[task]?.check != nil }

    func release(_ tasks: [OpenTask]) {
        for task in tasks { task.directory.releaseLock() }
    }

    func answered(_ tasks: [String]) -> [String] {
        tasks.filter { task in
            guard let name = try? TaskName(given: task) else { return false }
            // A question that can't be read now may be asked still.
            do throws(FileError) {
                return try workspace.taskDirectory(name).question() == nil
            } catch {
                return false
            }
        }
    }

    func pass(_ words: String, to task: String, isAnswer: Bool) throws {
        let directory = workspace.taskDirectory(try TaskName(given: task))
        if isAnswer { try directory.answer(words) } else { try directory.tell(words) }
    }

    private func open(_ task: String) -> Result {
        do {
            let directory = workspace.taskDirectory(try TaskName(given: task))
            var warnings = try putAway(directory)
            try directory.create()
            warnings += try lock(directory)
            let look: ChecklistLook
            do {
                look = try inspect(directory)
            } catch {
                directory.releaseLock()
                throw error
            }
            if let words = look.news {
                warnings.append(
                    "its list was changed while no session worked on it: \(words); it goes on"
                )
            }
            var inspected = TaskInspected(
                task: task,
                checklist: look.state,
                thread: thread(of: directory, &warnings),
                list: stamp(of: look, task),
                listFile: look.listFile,
                incident: look.incident
            )
            var open = OpenTask(directory: directory, look: look.settled)
            if interrupted.keys.contains(task), let refusal = directory.refuseAnswer() {
                warnings.append(refusal)
            }
            if look.state.progress?.isComplete == true {
                open.commits = leftWork?.commit(task) ?? []
            } else {
                let asked = directory.shortQuestion
                inspected.question = asked.question
                warnings += asked.warnings
            }
            // The session that completed it was lost, or belongs to another run.
            if look.state.progress?.isComplete == true, !checks(task),
                let kept = artifacts?.keep(task)
            {
                inspected.artifacts = kept.artifacts
                warnings += kept.warnings
            }
            return .opened(open, inspected, warnings: warnings)
        } catch let error as LockError {
            return .locked(task: task, reason: "\(error)")
        } catch let error as FileError where error.isOfTheDisk {
            return .unwritable(task: task, reason: "\(error)")
        } catch {
            return .unusable(task: task, reason: "\(error)")
        }
    }

    func stamp(of look: ChecklistLook, _ task: String) -> String? {
        look.stamp.map { DirectoryReview.stamp($0, prompt: work[task]?.description ?? "") }
    }

    private func inspect(_ directory: TaskDirectory) throws -> ChecklistLook {
        let look =
            interrupted[directory.name.description].map { directory.restore(since: nil, most: $0) }
            ?? directory.inspectAndKeep()
        if let error = look.unkept { throw error }
        let isComplete = look.state.progress?.isComplete ?? false
        // For a list that was complete before, nobody knows the prompt that it was written for.
        let name = directory.name.description
        if let prompt = missingPrompts[name] ?? work.missingPrompt(of: name),
            prompt.isOwnList || !isComplete
        {
            try directory.save(prompt: prompt.text)
            // The stamp covers the prompt's file, too.
            if isComplete { return directory.inspectAndKeep() }
        }
        return look
    }

    /// Archives the old work of a task that begins anew; returns the messages that say where it is.
    private func putAway(_ directory: TaskDirectory) throws -> [String] {
        let task = directory.name.description
        guard anew.contains(task) else { return [] }
        let place = try directory.archive(stamp: stamp, as: owner)
        // After the archive: a tree without the list that tells of its work would be a new task's.
        let trees = try workspace.directories.state("trees").map(TreeRecords.init)
        let branch = try trees?.retire(task, stamp: stamp)?.keptBranch
        if redone.contains(task) {
            let places = [place.map { "in \($0)" }, branch.map { "on the branch \($0)" }]
            let words = places.compactMap(\.self).joined(separator: " and ")
            return words.isEmpty ? [] : ["it begins anew; its earlier work is \(words)"]
        }
        let copy = place.map { "; the last copy of its list is in \($0)" } ?? ""
        let work = branch.map { "; its earlier work is on the branch \($0)" } ?? ""
        return ["its directory was deleted: it begins anew\(copy)\(work)"]
    }

    /// Returns the newest thread's id; one that can't be read is ignored, with a warning.
    private func thread(of directory: TaskDirectory, _ warnings: inout [String]) -> String? {
        do throws(FileError) {
            switch try directory.thread() {
            case .none: return nil
            case .id(let id): return id
            case .other(let words):
                warnings.append(words)
                return nil
            }
        } catch {
            warnings.append("the next session begins a new thread: \(error)")
            return nil
        }
    }

    private func lock(_ directory: TaskDirectory) throws -> [String] {
        guard case .tookOver(let owner) = try directory.acquireLock(as: owner) else { return [] }
        let words = owner.map { "process \($0), is gone" } ?? "is unknown"
        return ["took over a stale lock: its owner\(owner == nil ? "" : ",") \(words)"]
    }
}

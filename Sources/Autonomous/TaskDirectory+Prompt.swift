import Glibc

// A checklist belongs to the prompt that it was written for, which lies beside it.
extension TaskDirectory {
    /// How a task's prompt compares with the one in its directory.
    package enum PromptMatch: Hashable, Sendable {
        /// The directory names none: it is new, the original system's, or an older Quire's.
        case absent
        /// It is the same but for white space around it.
        case same
        /// The checklist was written for another one.
        case other
    }

    /// The prompt that the checklist was written for.
    package var promptPath: String { path + "/prompt.md" }

    /// Compares a prompt with the one that the checklist was written for.
    ///
    /// - Throws: `FileError` when something that is no plain file stands there, or it can't be read.
    package func match(prompt: String) throws(FileError) -> PromptMatch {
        let wanted = Array(prompt.utf8)[...].trimmed
        switch FileKind(promptPath) {
        case .nothing: return .absent
        case .file: break
        case .directory, .link, .other:
            throw FileError("\"\(promptPath)\" is not a plain file; move it away")
        }
        guard let found = FileSystem.contents(promptPath, limit: prompt.utf8.count + 4096) else {
            throw FileError("reading", promptPath, errno: errno)
        }
        return found[...].trimmed.elementsEqual(wanted) ? .same : .other
    }

    /// The prompt that the checklist was written for, for people; `nil` where there is none.
    package func promptText() -> String? {
        FileSystem.contents(promptPath, limit: 65_536).map {
            String(decoding: $0[...].trimmed, as: UTF8.self)
        }
    }

    /// Records the prompt that the checklist is written for.
    package func save(prompt: String) throws(FileError) {
        let text = Array(prompt.utf8)[...].trimmed + [UInt8(ascii: "\n")]
        try FileSystem.replace(promptPath, with: Array(text), isDurable: workspace.isDurable)
    }

    /// Whether the directory exists.
    package var exists: Bool { FileKind(path) == .directory }

    /// Whether there is a checklist, good or not.
    package var hasList: Bool { FileKind(taskListPath) != .nothing }

    // MARK: - Stamps

    /// The stamp of the checklist's file: two that are equal tell that it was not changed in between,
    /// whatever it holds.
    ///
    /// - Returns: `nil` where there is no plain file.
    package func listStamp() -> String? {
        var status = stat()
        guard lstat(taskListPath, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return nil
        }
        let changed = "\(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)"
        let modified = "\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)"
        return "\(status.st_ino) \(status.st_size) \(modified) \(changed)"
    }

    // MARK: - Beginning anew

    /// Where the work of tasks lies that began anew.
    private var archivePath: String { workspace.stateDirectory + "/archive" }

    /// Puts the directory and the last good copy of its list away, so that the task can begin anew;
    /// `stamp` is the local time as `YYYYMMDD-HHMMSS`.
    ///
    /// - Returns: where the work lies now; `nil` where there was none.
    /// - Throws: `LockError` when a living process works on the task; `FileError`.
    package func archive(stamp: String, as mark: OwnerMark? = nil) throws -> String? {
        let hasCopy = FileKind(goodListPath) != .nothing
        guard exists || hasCopy else { return nil }
        try FileSystem.makeDirectory(archivePath, isDurable: workspace.isDurable)
        let place = firstFree("\(archivePath)/\(name)-\(stamp)")
        if exists {
            // Given back before the move: it lies in the directory. Whoever takes it in between
            // finds that its own directory has gone, as when a person moves it.
            _ = try acquireLock(as: mark)
            releaseLock()
            guard rename(path, place) == 0 else { throw FileError("moving", path, errno: errno) }
        } else {
            try FileSystem.makeDirectory(place, isDurable: workspace.isDurable)
        }
        if hasCopy, rename(goodListPath, place + "/last_good_task_list.md") != 0 {
            throw FileError("moving", goodListPath, errno: errno)
        }
        return place
    }

    private func firstFree(_ path: String) -> String {
        guard FileKind(path) != .nothing else { return path }
        var number = 2
        while FileKind("\(path)-\(number)") != .nothing { number += 1 }
        return "\(path)-\(number)"
    }
}

package import FileAccess
import Glibc

// A checklist belongs to the prompt that it was written for, which is saved beside it.
extension TaskDirectory {
    /// The result of comparing a task's prompt with the one in its directory.
    package enum PromptMatch: Hashable, Sendable {
        /// The directory has no prompt: it is new, the original system's, or an older Quire's.
        case absent
        /// The prompts are the same except for white space at the ends.
        case same
        /// The checklist was written for another prompt.
        case other
    }

    /// Path of the prompt that the checklist was written for.
    package var promptPath: String { path + "/" + Self.promptName }

    /// Compares a prompt with the one that the checklist was written for.
    ///
    /// - Throws: `FileError` if that one can't be read, or is no plain file.
    package func match(prompt: String) throws(FileError) -> PromptMatch {
        let wanted = Array(prompt.utf8)[...].trimmed
        let found = try directoryIfThere()?.contents(
            of: Self.promptName,
            limit: prompt.utf8.count + 4096
        )
        guard let found else { return .absent }
        return found[...].trimmed.elementsEqual(wanted) ? .same : .other
    }

    /// Returns the prompt that the checklist was written for, for people; `nil` if there is none.
    package func promptText() -> String? {
        let bytes = try? directoryIfThere()?.contents(of: Self.promptName, limit: 65_536)
        return bytes.map { String(decoding: $0[...].trimmed, as: UTF8.self) }
    }

    /// Records the prompt that the checklist is written for.
    package func save(prompt: String) throws(FileError) {
        let text = Array(prompt.utf8)[...].trimmed + [UInt8(ascii: "\n")]
        try directory().replace(
            Self.promptName,
            with: Array(text),
            isDurable: workspace.isDurable
        )
    }

    /// Indicates whether the directory exists.
    ///
    /// - Throws: `FileError` if it is something else, or can't be used.
    package func exists() throws(FileError) -> Bool { try directoryIfThere() != nil }

    // MARK: - Beginning anew

    /// True if there is a last good copy of the list, or something under its name.
    package var hasCopy: Bool {
        let lists = try? workspace.directories.state("lists")
        return lists.map { $0.kind(of: copyName) != .nothing } ?? false
    }

    /// Archives the directory and the last good copy of its list, so that the task can begin anew;
    /// `stamp` is the local time as `YYYYMMDD-HHMMSS`.
    ///
    /// - Returns: the path in the archive; `nil` if there was nothing to move.
    /// - Throws: `LockError` if a living process works on the task; `FileError`.
    package func archive(stamp: String, as mark: OwnerMark? = nil) throws -> String? {
        hold()
        defer { letGo() }
        let lists = try workspace.directories.state("lists")
        let hasCopy = hasCopy
        let isThere = try exists()
        guard isThere || hasCopy else { return nil }
        let isDurable = workspace.isDurable
        let archive = try workspace.directories.makeState("archive", isDurable: isDurable)
        let place = archive.firstFree("\(name)-\(stamp)")
        if isThere { try move(to: archive, as: place, mark) }
        if let lists, hasCopy {
            let old = try archive.makeDirectory(place, isDurable: isDurable)
            let copy = old.firstFree("last_good_task_list.md")
            try lists.move(copyName, to: old, as: copy)
        }
        return archive.path(of: place)
    }

    private func move(to archive: Directory, as place: String, _ mark: OwnerMark?) throws {
        // Released before the move, as the lock is in the directory. A process that takes it in between
        // finds its directory gone, as if a person had moved it.
        _ = try acquireLock(as: mark)
        releaseLock()
        try checkPlace()
        try workspace.directories.autonomous()?.move(name.description, to: archive, as: place)
        opened.forget()
    }
}

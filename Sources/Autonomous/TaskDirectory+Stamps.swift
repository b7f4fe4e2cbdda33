import FileAccess
import Glibc

// Stamps: what the status of files tells of their contents.
extension TaskDirectory {
    /// Returns a stamp of the checklist's and its prompt's files; equal stamps prove that neither file
    /// was changed in between.
    ///
    /// - Returns: `nil` unless the checklist is a plain file, and its directory no link.
    package func listStamp() -> String? {
        guard let autonomous = try? workspace.directories.autonomous(),
            autonomous.kind(of: name.description) == .directory
        else { return nil }
        return stamp { autonomous.status(of: $0, in: name.description) }
    }

    /// Returns the stamp of the files in the task's directory.
    ///
    /// `DirectoryNews` and `TaskEnded.listFile` count on the checklist's file being the first one.
    func stamp(_ status: (_ file: String) -> stat?) -> String? {
        guard let list = status(Self.listName).flatMap(Self.stamp) else { return nil }
        guard let prompt = status(Self.promptName) else { return list + " without prompt" }
        return Self.stamp(prompt).map { list + " " + $0 }
    }

    /// Returns the stamp of a plain file; `nil` for anything else.
    static func stamp(_ status: stat) -> String? {
        FileKind(status) == .file ? FileStamp.text(of: status) : nil
    }

    /// True if the checklist is certain to be the one that was read when its file had this stamp: a
    /// `ChecklistLook.listFile`.
    package func isListUnchanged(since stamp: String) -> Bool { fileStamp() == stamp }

    /// Returns the stamp of the checklist's file, to be compared with one of `ChecklistLook.listFile`:
    /// equal stamps prove that the checklist is the one of then.
    ///
    /// Takes two calls, and opens nothing.
    ///
    /// - Returns: `nil` where a stamp proves nothing: another machine may have written the file, or a link
    ///   has taken the place of the task's directory.
    func fileStamp() -> String? {
        guard workspace.directories.areLocal,
            let autonomous = try? workspace.directories.autonomous(),
            let status = autonomous.status(of: Self.listName, in: name.description),
            autonomous.kind(of: name.description) == .directory
        else { return nil }
        return Self.stamp(status)
    }
}

import Application
import Autonomous
import FileAccess
import Foundation
import Orchestration
import RunStore

/// Which workspace a command is about.
///
/// A run stays where it was recorded: what git says of a directory changes with every `.git` that
/// somebody makes or removes, and what was done is not to be looked for elsewhere then. A directory
/// without any record is in the workspace that git tells.
struct WorkspacePlace {
    private let state: StateOptions

    init(_ state: StateOptions) {
        self.state = state
    }

    /// The workspace of a manifest, by its absolute path.
    func workspace(ofManifest path: String) -> Workspace {
        let directory = (path as NSString).deletingLastPathComponent
        return workspace(around: directory) { reader in
            try reader.runs().first { RunName.isRun($0.id, of: path) }
        }
    }

    /// The workspace around a directory: what was run of it and below it is looked for.
    func workspace(around directory: String) -> Workspace {
        let asGitSays = Workspace.containing(directory)
        if FileKind(asGitSays.autonomousDirectory) == .directory { return asGitSays }
        return workspace(around: directory) { reader in
            try reader.runs().first { $0.id.hasPrefix(directory + "/") }
        }
    }

    private func workspace(
        around directory: String,
        recorded find: (StoreReader) throws -> RunRow?
    ) -> Workspace {
        let asGitSays = Workspace.containing(directory)
        if state.isGiven {
            let place = state.directory(in: asGitSays)
            return recorded(in: place, find).map(Workspace.init) ?? asGitSays
        }
        let candidates = Self.around(directory).filter {
            FileKind($0.stateDirectory + "/quire.db") == .file
        }
        if candidates.allSatisfy({ $0 == asGitSays }) { return asGitSays }
        let inOrder = [asGitSays] + candidates
        return inOrder.first { isRecorded(in: $0, find) } ?? asGitSays
    }

    /// The workspace that the newest leg of a run had, as a given state directory tells; `nil` where
    /// it tells none that is still there.
    private func recorded(
        in stateDirectory: String,
        _ find: (StoreReader) throws -> RunRow?
    ) -> String? {
        // A database that can't be read says nothing here; whoever opens it to work with it tells why.
        guard let reader = try? StoreReader.open(directory: stateDirectory) else { return nil }
        defer { reader.close() }
        guard let run = try? find(reader), let root = run.workspace, FileKind(root) == .directory
        else { return nil }
        return root
    }

    private func isRecorded(
        in workspace: Workspace,
        _ find: (StoreReader) throws -> RunRow?
    ) -> Bool {
        // Another user's directory is not looked into.
        guard (try? workspace.directories.autonomous()) != nil,
            let reader = try? StoreReader.open(directory: workspace.stateDirectory)
        else { return false }
        defer { reader.close() }
        return (try? find(reader)) ?? nil != nil
    }

    /// The directory and those above it.
    private static func around(_ directory: String) -> [Workspace] {
        var path = directory.resolved(in: "/")
        var found = [Workspace(root: path)]
        while path != "/" {
            path = path.parentPath
            found.append(Workspace(root: path))
        }
        return found
    }
}

/// The file that has git ignore the task directories.
enum TaskDirectoriesIgnored {
    /// Makes the file where there is none, unless git tracks task directories: somebody wants them
    /// in the repository.
    ///
    /// - Throws: `FileError` when the directory can't be used.
    static func ensure(in workspace: Workspace) throws {
        let directory = try workspace.directories.makeAutonomous(isDurable: workspace.isDurable)
        // Where nothing can be made, what needs more than this file tells so.
        guard directory.isWritable, directory.kind(of: ".gitignore") == .nothing,
            !isTracked(workspace)
        else { return }
        try directory.write(Array("*\n".utf8), to: ".gitignore")
    }

    private static func isTracked(_ workspace: Workspace) -> Bool {
        // Without a git that can be asked, the file is made: nothing is committed meanwhile.
        guard workspace.isGitTopLevel, let git = (try? AgentLookup.inPath("git")) ?? nil else {
            return false
        }
        let files = ShortCommand(
            executable: git,
            arguments: ["ls-files", "-z", "--", ".autonomous"],
            directory: workspace.root
        ).run()
        // Where git can't tell, nothing is hidden from it.
        return files.status != 0 || !files.output.isEmpty
    }
}

import Application
import Autonomous
import FileAccess
import Foundation
import Orchestration
import RunStore

/// Finds the workspace that a command is about.
///
/// A recorded run stays in its workspace. Git's answer for a directory changes whenever somebody creates or
/// removes a `.git`, and earlier work must still be found then. A directory without any record belongs to the
/// workspace that git reports.
struct WorkspacePlace {
    private let state: StateOptions

    init(_ state: StateOptions) {
        self.state = state
    }

    /// Returns the workspace of a manifest, given by its absolute path.
    func workspace(ofManifest path: String) -> Workspace {
        let directory = (path as NSString).deletingLastPathComponent
        return workspace(around: directory) { reader in
            try reader.runs().first { RunName.isRun($0.run, of: path) }
        }
    }

    /// Returns the workspace around a directory; runs in it and below it count as its records.
    func workspace(around directory: String) -> Workspace {
        let asGitSays = Workspace.containing(directory)
        if FileKind(asGitSays.autonomousDirectory) == .directory { return asGitSays }
        return workspace(around: directory) { reader in
            try reader.runs().first { $0.run.hasPrefix(directory + "/") }
        }
    }

    private func workspace(
        around directory: String,
        recorded find: (StoreReader) throws -> LegRecord?
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

    /// Returns the workspace of a run's newest leg, as recorded in a given state directory; `nil` if no such
    /// run or workspace exists.
    private func recorded(
        in stateDirectory: String,
        _ find: (StoreReader) throws -> LegRecord?
    ) -> String? {
        // A database that can't be read is ignored here; the command that opens it later reports the error.
        guard let reader = try? StoreReader.open(directory: stateDirectory) else { return nil }
        defer { reader.close() }
        guard let run = try? find(reader), let root = run.workspace, FileKind(root) == .directory
        else { return nil }
        return root
    }

    private func isRecorded(
        in workspace: Workspace,
        _ find: (StoreReader) throws -> LegRecord?
    ) -> Bool {
        // Another user's directory is not searched.
        guard (try? workspace.directories.autonomous()) != nil,
            let reader = try? StoreReader.open(directory: workspace.stateDirectory)
        else { return false }
        defer { reader.close() }
        return (try? find(reader)) ?? nil != nil
    }

    /// Returns the directory and all its parents.
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

/// The file that makes git ignore the task directories.
enum TaskDirectoriesIgnored {
    /// Creates the file if there is none, unless git tracks task directories: then somebody wants them in the
    /// repository.
    ///
    /// - Throws: `FileError` if the directory can't be used.
    static func ensure(in workspace: Workspace) throws {
        let directory = try workspace.directories.makeAutonomous(isDurable: workspace.isDurable)
        // If nothing can be written here, a later step that needs more than this file reports it.
        guard directory.isWritable, directory.kind(of: ".gitignore") == .nothing,
            !isTracked(workspace)
        else { return }
        try directory.write(Array("*\n".utf8), to: ".gitignore")
    }

    private static func isTracked(_ workspace: Workspace) -> Bool {
        // If git is missing, the file is created: nothing can be committed meanwhile.
        guard workspace.isGitTopLevel, let git = (try? AgentLookup.inPath("git")) ?? nil else {
            return false
        }
        let files = ShortCommand(
            executable: git,
            arguments: ["ls-files", "-z", "--", ".autonomous"],
            directory: workspace.root
        ).run()
        // If git fails, the directories stay visible to it.
        return files.status != 0 || !files.output.isEmpty
    }
}

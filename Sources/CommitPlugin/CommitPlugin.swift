import Foundation
import PackagePlugin

/// Writes the commit that is built into the target `Version`.
///
/// `Context.gitInformation` won't do: the plan of a build is kept, and with it a commit that has
/// long been followed by others. The command here is run again when a source or git's `HEAD` has changed.
@main
struct CommitPlugin: BuildToolPlugin {
    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let package = context.package.directoryURL
        let script = package.appending(path: "Sources/CommitPlugin/commit")
        let output = context.pluginWorkDirectoryURL.appending(path: "Commit.swift")
        return [
            .buildCommand(
                displayName: "Asking git for the commit",
                executable: URL(filePath: "/bin/sh"),
                arguments: [script.path, package.path, output.path],
                inputFiles: [script, package.appending(path: "Package.swift")]
                    + sources(of: context.package) + heads(of: package),
                outputFiles: [output]
            )
        ]
    }

    private func sources(of package: Package) -> [URL] {
        package.targets.flatMap { $0.sourceModule?.sourceFiles.map(\.url) ?? [] }
    }

    /// The files that git writes when `HEAD` moves: to another branch, or with its branch.
    private func heads(of package: URL) -> [URL] {
        let git = gitDirectory(of: package)
        return ["HEAD", "logs/HEAD"].map { git.appending(path: $0) }
            .filter { FileManager.default.fileExists(atPath: $0.path) }
    }

    /// The directory `.git`, or the one that a file of this name points to in a linked worktree.
    private func gitDirectory(of package: URL) -> URL {
        let entry = package.appending(path: ".git")
        guard let pointer = try? String(contentsOf: entry, encoding: .utf8),
            pointer.hasPrefix("gitdir: ")
        else { return entry }
        let path = pointer.dropFirst("gitdir: ".count).trimmingCharacters(
            in: .whitespacesAndNewlines
        )
        return URL(filePath: path, relativeTo: package)
    }
}

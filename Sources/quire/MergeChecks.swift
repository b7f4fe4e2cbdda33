import Application
import Driver
import EventLoop
import Foundation
import Orchestration
import Reporting
import Trees

/// The commands that must succeed on what is merged: that of the call, and those of the tasks' manifests.
///
/// Commands that all tasks of a merge share must pass on the branch itself, too; the check of one task
/// counts where its work is.
struct MergeChecks {
    /// A command for the shell, in a directory of the repository.
    private struct Check: Hashable {
        var command: UserCommand
        /// The directory from the top level, as git's prefixes are; empty for that itself.
        var directory = ""
        var environment: [String: String] = [:]
    }

    private var shared: [Check] = []
    private var own: [String: [Check]] = [:]
    private let topLevel: String
    /// The redactor of what the checks say, and of agents' names.
    let redactor: Redactor

    /// Collects the checks of tasks in a repository, and that of the call.
    ///
    /// - Throws: `GitError` if git can't say where a task works in the repository.
    init(
        _ call: String?,
        _ checks: TaskChecks,
        of tasks: [String],
        in repository: Repository,
        _ git: Git
    ) throws {
        (topLevel, redactor) = (repository.topLevel, checks.redactor)
        for task in tasks {
            guard let found = checks[task] else { continue }
            let place = try Repository.around(found.directory, git).prefix
            var check = Check(
                command: found.check.command,
                directory: place + (found.check.directory ?? ""),
                environment: found.environment
            )
            let setup = found.setup.map {
                Check(command: $0, directory: place, environment: found.environment)
            }
            check.environment.merge(found.check.environment) { $1 }
            own[task] = [setup, check].compactMap(\.self).map { Self.naming(task, in: $0) }
        }
        if let first = tasks.first.flatMap({ own[$0] }), tasks.allSatisfy({ own[$0] == first }) {
            (shared, own) = (first, [:])
        }
        if let call {
            shared.append(Check(command: UserCommand(call, timeout: .seconds(24 * 3600))))
        }
    }

    /// Names the task to a command that asks for its name, as in a run.
    private static func naming(_ task: String, in check: Check) -> Check {
        guard check.command.command.contains("QUIRE_TASK") else { return check }
        var check = check
        check.environment["QUIRE_TASK"] = task
        return check
    }

    /// True if there is nothing to check.
    var isEmpty: Bool { shared.isEmpty && own.isEmpty }

    /// Returns the commands for a task's work, as one line for a shell.
    func line(for task: String) -> String {
        (shared + (own[task] ?? [])).map(\.command.command).joined(separator: " && ")
    }

    /// The trouble that a check neither passed nor failed, with what it said last.
    private func trouble(
        _ check: Check,
        in directory: String,
        _ reason: String,
        _ output: [UInt8]
    ) -> Trouble {
        let said = String(decoding: output, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let message: SafeText =
            "the check \"\(check.command.command)\" could not run in \(directory): \(reason)\(said.isEmpty ? "" : ": \(said)"); nothing was merged"
        return Trouble(message.redacted(by: redactor), status: ExitStatus.missing)
    }

    /// Runs the checks on what is in a directory, the work of these tasks; true if all pass.
    ///
    /// - Throws: `Trouble` if one can't run, or is interrupted: neither passed nor failed.
    func pass(_ tasks: [String], in directory: String) throws -> Bool {
        var done: Set<Check> = []
        for check in shared + tasks.flatMap({ own[$0] ?? [] }) where done.insert(check).inserted {
            guard try passes(check, in: directory) else { return false }
        }
        return true
    }

    private func passes(_ check: Check, in directory: String) throws -> Bool {
        let launch = ChildProcess.Launch(
            executable: "/bin/sh",
            arguments: ["sh", "-c", check.command.command],
            inherited: .handedOn,
            environment: check.environment.map { "\($0.key)=\($0.value)" },
            directory: check.directory.isEmpty ? directory : directory + "/" + check.directory,
            input: []
        )
        var program = ShortProgram(launch, patience: check.command.timeout)
        program.grace = .seconds(5)
        let end = program.run()
        if let number = end.interruption {
            throw Trouble(
                "\(Signals.name(number)) interrupted the check, which was ended; nothing was merged in "
                    + "\(topLevel); give the same command to begin again",
                status: 128 + number
            )
        }
        if end.refusal == .isLate { return false }
        let said = Array(end.standardError.end)
        switch end.termination {
        case .exited(0): return true
        case .signaled(let number):
            throw trouble(check, in: launch.directory, "\(Signals.name(number)) killed it", said)
        case .notStarted(_, let doing): throw trouble(check, in: launch.directory, doing, said)
        case .exited(let status) where [126, 127].contains(status):
            throw trouble(check, in: launch.directory, "its shell can't run it", said)
        case .exited: return false
        }
    }
}

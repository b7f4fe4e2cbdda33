import Application
import ArgumentParser
import Driver
import Dates
import EventLoop
import FileAccess
import Manifest
import Orchestration
import Reporting
import RunStore

/// `quire limits`.
struct LimitsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limits",
        abstract: "Tell what is left of each account's usage limits.",
        discussion: """
            Asks Codex for the limits of each account that is logged in to ChatGPT, and else tells what the
            newest run read.

            Exit status: 0, also if nobody knows a limit.
            """
    )

    @Argument(help: "The manifest whose accounts are asked for.", completion: .manifest)
    var manifest: String?

    @OptionGroup var look: LookOptions

    /// The answer as JSON.
    private struct Answer: Encodable {
        struct Limit: Encodable {
            struct Window: Encodable {
                var usedPercent: Double
                var windowSeconds: Double?
                var resetsAt: WallTime?
                var secondsLeft: Double?
            }

            var account: String?
            var limit: String?
            var leftPercent: Double
            var windows: [Window]
        }

        var limits: [Limit]

        init(_ limits: [LimitRead], at now: WallTime) {
            self.limits = limits.map { limit in
                Limit(
                    account: limit.account,
                    limit: limit.limit,
                    leftPercent: limit.left(at: now),
                    windows: limit.windows.map { window in
                        Limit.Window(
                            usedPercent: window.used(at: now),
                            windowSeconds: window.length?.inSeconds,
                            resetsAt: window.resetsAt,
                            secondsLeft: window.resetsAt.map { max(0, ($0 - now).inSeconds) }
                        )
                    }
                )
            }
        }
    }

    func run() throws {
        let loaded = try manifest.map(ManifestFile.load)
        let recorded = try recorded()
        let told = try Self.told(by: loaded)
        let known = Set(told.map(\.gate))
        let limits = told + recorded.filter { !known.contains($0.gate) }
        let now = SystemClock.wall
        if look.json { return try LookOptions.printJSON(Answer(limits, at: now)) }
        guard !limits.isEmpty else {
            return Terminal.say(
                "no limit is known: Codex tells them of a ChatGPT login, and in what it records of sessions"
            )
        }
        let table = LimitWords.table(limits, at: now, offset: LocalTime.offset)
        let columns = Terminal.columns
        let lines = table.lines(width: columns ?? 120, shrinking: columns != nil)
        Terminal.say(lines.joined(separator: "\n"))
    }

    /// Returns the limits that the agent of a manifest, or else Codex, tells of its accounts.
    static func told(by manifest: Manifest?) throws -> [LimitRead] {
        if let manifest, !manifest.launcher.isEmpty { return [] }
        let agent = manifest?.agent ?? .codex
        guard agent == .codex,
            let command = try? AgentLookup.command(for: agent, in: WorkingDirectory.path)
        else { return [] }
        let accounts: [(path: String, name: String?)]
        if let manifest {
            var plan = manifest.plan
            let found = Accounts(of: manifest)
            found.fill(&plan, of: manifest)
            for words in found.leftOut { Terminal.complain("warning: \(words)") }
            accounts = found.directories(plan)
        } else {
            accounts = [Accounts.ofNoManifest]
        }
        let questions = LimitQuestions(command, inherited: .handedOn)
        return accounts.flatMap { questions.limits(of: $0.path, as: $0.name) }
    }

    /// Returns the limits that the newest run, or that of a manifest, read; none if nothing was run yet.
    private func recorded() throws -> [LimitRead] {
        guard let reader = try look.reader(of: manifest) else { return [] }
        do {
            let path = manifest?.resolvedPath
            let newest = try reader.runs().first { run in
                path.map { RunName.isRun(run.run, of: $0) } ?? true
            }
            return try newest.map { try reader.glance(at: $0).holds.limits } ?? []
        } catch let error as StoreError {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
    }
}

import Agent
import Application
import ArgumentParser
import Autonomous
import Dates
import Driver
import EventLoop
import FileAccess
import Foundation
import Glibc
import Manifest
import Orchestration
import Reporting
import RunStore
import Trees

/// `quire doctor`.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check what a run needs: Codex, limits, memory, disk, state.",
        discussion: """
            With a manifest, the agent is checked as that manifest's sessions run it.

            Exit status: 0 when everything is there, 69 when something is missing.
            """
    )

    @Argument(help: "The manifest whose run is checked for.", completion: .manifest)
    var manifest: String?

    @Option(
        help: ArgumentHelp("The agent's program, instead of codex.", valueName: "path"),
        completion: .file(),
        transform: Names.path(given:)
    )
    var agent: String?

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var state: StateOptions

    private struct Answer: Encodable {
        struct Finding: Encodable {
            var subject: String
            var state: String
            var words: String
        }

        var isWell: Bool
        var findings: [Finding]
    }

    /// The least number of free inodes: a run of a few tasks creates about as many files.
    private static let filesOfARun: UInt64 = 32

    func validate() throws {
        if agent != nil, manifest != nil {
            throw ValidationError(
                "a manifest names its own agent; leave --agent or the manifest out"
            )
        }
    }

    func run() throws {
        let manifest = try manifest.map(ManifestFile.load)
        var answer = Answer(isWell: true, findings: [])
        func tell(_ mark: String, _ subject: String, _ words: SafeText) {
            // An agent may tell which key it has.
            let words = words.redacted(by: Terminal.redactor)
            let severity = Finding.Mark(rawValue: mark) ?? .doubtful
            if severity == .missing { answer.isWell = false }
            guard json else {
                let paint: Paint? =
                    switch severity {
                    case .well: nil
                    case .doubtful: .warning
                    case .missing: .failure
                    }
                let line: SafeText = "\(mark) \(subject): \(words)"
                return Terminal.say(line.painted(paint, if: Terminal.usesColor))
            }
            answer.findings.append(
                Answer.Finding(subject: subject, state: "\(severity)", words: words.description)
            )
        }
        if let manifest { checkAgents(of: manifest, tell) } else { checkAgent(tell) }
        checkLimits(tell)
        checkMachine(tell)
        checkTrees(tell)
        checkState(tell)
        tell(
            "✓",
            "clock",
            "\(LocalTime.stamp(SystemClock.wall)) (\(LocalTime.zone(at: SystemClock.wall)))"
        )
        if json { try LookOptions.printJSON(answer) }
        if !answer.isWell { throw ExitCode(ExitStatus.missing) }
    }

    private typealias Tell = (_ mark: String, _ subject: String, _ words: SafeText) -> Void

    private func checkAgent(_ tell: Tell) {
        let command: AgentCommand
        do {
            command = try AgentLookup.command(
                for: agent.map { .command([$0]) } ?? .codex,
                in: WorkingDirectory.path
            )
        } catch {
            return tell("✗", "agent", (error as? Trouble)?.message ?? "\(error)")
        }
        let questions = AgentQuestions(
            command,
            inherited: .handedOn,
            in: WorkingDirectory.path
        )
        let needs = CheckUpNeeds(
            program: command.executable,
            isNamed: agent != nil,
            directory: WorkingDirectory.path
        )
        for finding in questions.checkUp(needs).findings {
            tell(finding.mark.rawValue, finding.subject, "\(finding.words)")
        }
    }

    /// Checks the agents of a manifest's tasks as its run would before the first session.
    private func checkAgents(of manifest: Manifest, _ tell: Tell) {
        let request: RunRequest
        do {
            try NestedRun.refuse(manifest.agent)
            request = try ManifestFile.request(
                SelectedTasks(manifest, held: manifest, part: nil, warnings: []),
                workspace: WorkspacePlace(state).workspace(ofManifest: manifest.path),
                concurrency: nil,
                retryFailed: false
            )
        } catch {
            return tell("✗", "agent", (error as? Trouble)?.message ?? "\(error)")
        }
        let checkUps = request.checkUps()
        if checkUps.isEmpty {
            tell(
                "✓",
                "agent",
                "\(manifest.agent.kind.program.words.joined(separator: " ")), in which there is nothing to check"
            )
        }
        for checkUp in checkUps {
            for finding in checkUp.findings {
                // What another agent lacks, no run knows.
                let isDoubtful = finding.mark == .missing && !checkUp.isUnderstood
                let mark = isDoubtful ? Finding.Mark.doubtful : finding.mark
                tell(mark.rawValue, finding.subject, "\(finding.words)")
            }
            let told = checkUp.findings.map(\.words)
            for words in checkUp.warnings where !told.contains(words) {
                tell("⚠", "sessions", "\(words)")
            }
        }
    }

    private func checkLimits(_ tell: Tell) {
        let limit = DescriptorLimit.raise()
        let sessions = max(0, limit - 64) / 5
        tell(
            sessions >= 4 ? "✓" : "✗",
            "descriptors",
            "\(limit), enough for \(Format.count(sessions, "session")) at once"
        )
    }

    /// Checks if a run would start a session now, by the defaults of `AdmissionPlan`.
    private func checkMachine(_ tell: Tell) {
        let workspace = WorkspacePlace(state).workspace(
            around: WorkingDirectory.path
        )
        let places = [workspace.root, state.directory(in: workspace)]
        for place in places {
            guard let files = Shortage.filesLeft(at: place), files < Self.filesOfARun else {
                continue
            }
            tell(
                "✗",
                "disk",
                files < 4
                    ? "no more files can be made under \(place), whatever space is left (no free "
                        + "inodes): remove files that nobody needs"
                    : "only \(files) more \(Format.word(for: files, "file", "files")) can be made under "
                        + "\(place), and a run makes dozens "
                        + "(inodes): remove files that nobody needs"
            )
        }
        let reading = MachineReader(places: places).read()
        let admission = AdmissionPlan()
        for gate in Gate.ofMachine {
            if let unknown = reading.unknown(gate) {
                tell("⚠", gate.rawValue, "\(unknown)")
            } else if let shortage = admission.shortage(
                gate,
                on: reading,
                running: 0,
                isClosed: false
            ) {
                tell("✗", gate.rawValue, "starts would be held: \(shortage.reason)")
            } else {
                tell("✓", gate.rawValue, "\(reading.words(gate, admission))")
            }
        }
    }

    /// Tells whether git knows an author for commits, and what trees of this repository would take; nothing
    /// where there is none.
    private func checkTrees(_ tell: Tell) {
        let workspace = WorkspacePlace(state).workspace(around: WorkingDirectory.path)
        guard let git = try? ManifestFile.git(),
            let repository = try? Repository.around(workspace.root, git)
        else { return }
        do throws(GitError) {
            if let words = try repository.missingIdentity(git) { tell("⚠", "commits", "\(words)") }
        } catch {
            tell("⚠", "commits", "\(error)")
        }
        guard let size = try? repository.size(of: "HEAD", git) else { return }
        let room = TreeRoom(for: 40, size, in: workspace)
        let files = Format.count(size.files, "file")
        tell(
            room.isEnough ? "✓" : "⚠",
            "trees",
            "one of \(files) would take about \(size.bytes.bytesForPeople), and \(room.words)"
        )
    }

    private func checkState(_ tell: Tell) {
        let workspace = WorkspacePlace(state).workspace(
            around: WorkingDirectory.path
        )
        let directory = state.directory(in: workspace)
        do {
            try RunStore.tryOut(directory: directory)
        } catch {
            return tell("✗", "state", "\(error)")
        }
        for path in [workspace.autonomousDirectory, directory + "/quire.db"] {
            guard let refusal = Self.refusal(toWrite: path) else { continue }
            return tell("✗", "state", "\(refusal.path) can't be written: \(refusal.reason)")
        }
        checkModes(Set([workspace.autonomousDirectory, directory]).sorted(), tell)
        do {
            if let reader = try StoreReader.open(directory: directory) {
                tell(
                    "✓",
                    "state",
                    "\(directory), \(Format.count(try reader.runs().count, "run")) recorded"
                )
            } else {
                tell("✓", "state", "\(directory), nothing recorded yet")
            }
        } catch {
            tell("✗", "state", "\(error)")
        }
    }

    /// Tells of directories that were made for others to read, and are left so.
    private func checkModes(_ paths: [String], _ tell: Tell) {
        for path in paths {
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & 0o077 != 0 else { continue }
            tell(
                "⚠",
                "state",
                "other users may look into \(path), where prompts, logs and the history of runs are; to "
                    + "keep it to yourself: chmod go= '\(path)'"
            )
        }
    }

    /// Returns the reason why a file, or its nearest existing parent, can't be written; `nil` if it can.
    private static func refusal(toWrite path: String) -> (path: String, reason: String)? {
        var place = path
        while access(place, F_OK) != 0, errno == ENOENT, place != "/" {
            place = (place as NSString).deletingLastPathComponent
        }
        guard access(place, W_OK) != 0 else { return nil }
        return (place, String(cString: strerror(errno)))
    }
}

extension MachineReading {
    /// Returns the part of the reading that a gate depends on, in words.
    fileprivate func words(_ gate: Gate, _ admission: AdmissionPlan) -> String {
        switch gate {
        case .memory: memory.map { words($0, admission) } ?? ""
        case .load:
            "\(load ?? 0) on \(Format.count(processors, "processor")); nothing waits for it "
                + "without max_load"
        case .disk:
            disks.map { "\($0.free.bytesForPeople) free under \($0.path)" }.joined(separator: ", ")
        case .usageLimit, .rateLimit, .authentication, .network, .sandbox, .tokenRate, .store,
            .shortage, .hours, .pause:
            ""
        }
    }

    private func words(_ memory: Memory, _ admission: AdmissionPlan) -> String {
        let group = memory.group.map { " in control group \($0)" } ?? ""
        return
            "\(memory.free.bytesForPeople) of \(memory.total.bytesForPeople) free\(group), enough "
            + "to start about \(Format.count(admission.room(in: memory), "session"))"
    }
}

import EventLoop
import Foundation
import TestSupport
import Testing

@Suite(
    .serialized,
    .enabled(if: SlurmCluster.isInstalled, "Slurm (slurm-wlm) is not installed")
)
struct `Sessions in a Slurm allocation` {
    /// The launcher of config/slurm/quire.sbatch.
    private static let launcher =
        "[srun, -N1, -n1, --exact, '--mem={memory}', sh, -c, '{command}']"
    private static let script = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../config/slurm/quire.sbatch").standardized.path

    private struct Batch {
        let run: QuireRun
        let cluster: SlurmCluster

        var evidence: String { run.root + "/evidence" }
        /// What the batch script has written so far, of all of the job's lives.
        var output: String { text(run.root + "/slurm.out") }

        /// Puts the batch script into the queue, with the command line of its own comment.
        func submit() throws -> String {
            let outcome = try cluster.run(
                "sbatch --parsable -o slurm.out --nodes=2 --ntasks=8 '\(script)' m.yaml"
            )
            #expect(outcome.status == 0, "\(outcome.error)")
            return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
        }

        func ask(_ command: String) throws -> String {
            try cluster.run(command).output.trimmingCharacters(in: .whitespacesAndNewlines)
        }

        /// Waits until a job is over.
        func wait(for job: String) throws -> Bool {
            try eventually { try ask("squeue -h -j \(job)").isEmpty }
        }
    }

    private func withBatch(
        tasks count: Int,
        _ directives: String,
        script: String = "",
        _ body: (Batch) throws -> Void
    ) throws {
        try withRun { run in
            let cluster = try SlurmCluster(in: run.root + "/slurm", workspace: run.root)
            defer { cluster.stop() }
            let batch = Batch(run: run, cluster: cluster)
            try writeLaunched(
                run,
                Self.launcher,
                tasks: (1...count).map { ("t\($0)", "\(directives) evidence=\(batch.evidence)") },
                defaults: """
                    {memory: 100M, env: {CODEX_SIM_SCRIPT: script}, \
                    retries: {delay: 100ms, max_delay: 1s}}
                    """
            )
            try run.direct(script)
            try body(batch)
            #expect(Evidence.violations(in: batch.evidence) == [])
        }
    }

    private func isComplete(_ run: QuireRun, tasks: Int, entries: Int) -> Bool {
        (1...tasks).allSatisfy {
            run.list("t\($0)").components(separatedBy: "- [x]").count == entries + 1
        }
    }

    @Test func `follow the manual's commands`() throws {
        let commands = try manual("launchers", after: "With Slurm")
        #expect(commands.count == 3)
        try withBatch(tasks: 24, "entries=2") { batch in
            let run = batch.run
            try FileManager.default.createDirectory(
                atPath: run.root + "/config/slurm",
                withIntermediateDirectories: true
            )
            try FileManager.default.copyItem(
                atPath: Self.script,
                toPath: run.root + "/config/slurm/quire.sbatch"
            )
            try FileManager.default.moveItem(
                atPath: run.root + "/m.yaml",
                toPath: run.root + "/port.yaml"
            )
            for command in commands {
                let outcome = try batch.cluster.run(command)
                #expect(outcome.status == 0, "\(command): \(outcome.output)\(outcome.error)")
                #expect(try eventually { try batch.ask("squeue -h").isEmpty })
            }
            #expect(isComplete(run, tasks: 24, entries: 2))
            #expect(Evidence.sessions(in: batch.evidence) == 72)
        }
    }

    @Test func `survive the end of a step, a notice and a cancelled job`() throws {
        try withBatch(tasks: 24, "entries=3 duration=1s jitter=0.5") { batch in
            let job = try batch.submit()
            #expect(eventually { Evidence.sessions(in: batch.evidence) >= 8 })
            let isLost = try eventually {
                // The newest one, which is not about to end by itself; one that waits has no number
                // yet, and to end it is to end the job.
                _ = try batch.ask(
                    "squeue -h -s -o %i | grep -E '^[0-9]+[.][0-9]+$' | sort -V | tail -1 | xargs -r scancel"
                )
                return batch.output.contains("failed")
            }
            #expect(isLost)

            // As at the end of the time, or when others need the nodes.
            _ = try batch.ask("scancel --batch --signal=TERM \(job)")
            #expect(try eventually { try batch.ask("squeue -h -j \(job) -o %T") == "PENDING" })
            #expect(batch.output.contains("was terminated: "))
            // Slurm puts the start off by two minutes, and does so again while it clears up: a node
            // refuses a job whose rights are not younger, in seconds, than their end.
            sleep(3)
            let isBackInTime = try eventually {
                _ = try batch.ask("scontrol update JobId=\(job) StartTime=now")
                return batch.output.components(separatedBy: " begins: ").count == 3
            }
            let log = try batch.ask(
                "scontrol show job \(job); tail -n 50 slurm/slurmctld.log slurm/slurmd*.log"
            )
            #expect(isBackInTime, "\(batch.output)\n\(log)")

            _ = try batch.ask("scancel \(job)")
            #expect(try batch.wait(for: job))
            #expect(!isComplete(batch.run, tasks: 24, entries: 3))

            #expect(try batch.wait(for: try batch.submit()))
            #expect(isComplete(batch.run, tasks: 24, entries: 3))
        }
    }

    @Test func `end on their nodes when Quire is killed, and the next one goes on`() throws {
        try withBatch(tasks: 4, "entries=2", script: "* 2 until=killed") { batch in
            // In an allocation that outlives Quire.
            let outcome = try batch.cluster.run(
                """
                salloc -N2 -n8 sh -c 'quire run m.yaml & quire=$!
                until grep -q "begin t4 2" evidence; do sleep 0.1; done
                kill -KILL $quire; wait $quire
                touch killed
                quire run m.yaml'
                """
            )
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(isComplete(batch.run, tasks: 4, entries: 2))
        }
    }

    @Test func `go on with the nodes that are left when one is gone`() throws {
        // There is much to do yet when the node goes.
        try withBatch(tasks: 8, "entries=3", script: "* 2 until=gone") { batch in
            let outcome = try batch.cluster.run(
                """
                salloc --no-kill -N2 -n8 sh -c 'quire run m.yaml --concurrency 8 & quire=$!
                until grep -q "begin t8 1" evidence; do sleep 0.1; done
                kill -KILL "$(cat slurm/slurmd-n2.pid)"
                touch gone
                wait $quire'
                """
            )
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(outcome.output.contains("the launcher lost it"))
            #expect(isComplete(batch.run, tasks: 8, entries: 3))
        }
    }

    /// `QUIRE_STEPS` of them.
    @Test func `without work are neither lost nor doubled`() throws {
        let sessions = ProcessInfo.processInfo.environment["QUIRE_STEPS"].flatMap(Int.init) ?? 80
        try withBatch(tasks: sessions / 10, "entries=9") { batch in
            let outcome = try batch.cluster.run(
                "salloc -N2 -n8 sh -c 'quire run m.yaml --concurrency \"$SLURM_NTASKS\"'",
                deadline: .seconds(900 + sessions)
            )
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(outcome.output.contains(" 8 sessions at once"))
            #expect(Evidence.sessions(in: batch.evidence) == sessions / 10 * 10)
            #expect(isComplete(batch.run, tasks: sessions / 10, entries: 9))
        }
    }
}

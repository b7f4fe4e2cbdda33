import Orchestration
import Reporting
import Simulation

/// The facts of a simulated run with every kind of trouble, always the same.
struct SimulatedRun {
    let batches: [World.Batch]

    init(shutdownAfter turns: Int = 42) {
        var faults = Faults()
        faults.idle = 0.15
        faults.failing = 0.25
        faults.hanging = 0.1
        faults.ignoring = 0.5
        faults.damaging = 0.05
        faults.offline = 0.05
        // Named, so that a new class draws no other run.
        faults.classes = [
            .rateLimit, .overload, .streamCut, .stateLocked, .unknownThread, .refusedToStart,
            .incomplete, .notCodex, .killed, .turnFailed,
        ]
        var tasks = ["auth", "billing", "search", "mail", "media"].map {
            TaskPlan(name: "port-\($0)", group: "backend", maxSessions: 9, stallAfter: 2)
        }
        tasks.append(TaskPlan(name: "release-notes", needs: ["port-auth", "port-media"]))
        let plan = RunPlan(concurrency: 3, groups: [GroupPlan(name: "backend")], tasks: tasks)
        var world = World(plan: plan, faults: faults, seed: 11)
        world.run(turns: turns)
        world.requestShutdown(.interrupt)
        world.run(turns: 100_000)
        batches = world.journal
    }

    /// Calls `body` with each fact and the view that has it in.
    func replay(_ body: (_ event: RunEvent, _ at: Moment, _ view: RunView) throws -> Void) rethrows
    {
        var view = RunView()
        for batch in batches {
            for event in batch.events {
                view.apply(event, at: batch.at)
                try body(event, batch.at, view)
            }
        }
    }
}

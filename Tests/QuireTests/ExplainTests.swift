import Foundation
import TestSupport
import Testing

@Suite struct `What explain says` {
    /// Runs a manifest, asks about tasks once `ready` is told of one of them, and ends the run.
    private func explain(
        _ manifest: String,
        _ tasks: [String],
        when asked: String,
        says ready: String,
        script: String = ""
    ) throws -> [String: String] {
        var told: [String: String] = [:]
        try withRun { run in
            try put("version: 1\n" + manifest, run.root + "/m.yaml")
            try run.direct(script)
            _ = try run.quire(["run", "m.yaml"]) { _, pid in
                guard told.isEmpty else { return }
                _ = eventually {
                    let answer = try? run.quire(["explain", asked]).output
                    return answer?.contains(ready) == true
                }
                for task in tasks { told[task] = try? run.quire(["explain", task]).output }
                kill(pid, SIGKILL)
            }
        }
        return told
    }

    @Test(arguments: [
        ("fifo", "it had come first", "in the order in which they came", "Ahead of it: second."),
        ("round-robin", "it had waited longest", "in turns", "Ahead of it: second."),
        ("las", "the least session time", "this one has had 0 s", "Ahead of it: second."),
        ("shortest-remaining", "it had not begun", "It has not begun", "Ahead of it: second."),
    ])
    func `other schedulers are told of by what they go by`(
        scheduler: String,
        why: String,
        order: String,
        ahead: String
    ) throws {
        let told = try explain(
            """
            run: {agent: simulated, admission: \(QuireRun.unbounded), concurrency: 1, scheduler: \(scheduler)}
            groups: {g: {weight: 1}}
            tasks:
              - {name: first, prompt: "sim: duration=600"}
              - {name: second, prompt: "sim: duration=600", group: g}
              - {name: third, prompt: "sim: duration=600"}
            """,
            ["first", "third"],
            when: "first",
            says: "runs in slot"
        )
        let first = try #require(told["first"])
        let third = try #require(told["third"])
        #expect(first.contains(why), "\(first)")
        #expect(third.contains(order) && third.contains(ahead), "\(third)")
        #expect(!third.contains("ranked as") && !third.contains("less session time"))
        #expect(!third.contains("Whatever the order") && !first.contains("finished soonest"))
    }

    @Test func `a run that ended is not being stopped`() throws {
        try withRun { run in
            try run.write([("t", "entries=3 duration=600s")])
            let outcome = try run.quire(
                ["run", "m.yaml", "--drain-timeout", "0s"],
                watching: signal(SIGINT, at: "session 1 starts")
            )
            #expect(outcome.status == 130, "\(outcome.error)")
            let told = try run.quire(["explain", "t"]).output
            #expect(told.contains("The run itself does not go on now"), "\(told)")
            #expect(!told.contains("being stopped") && !told.contains("Starts are held"), "\(told)")
        }
    }

    @Test func `a full group is told of, and is not ahead of others`() throws {
        let told = try explain(
            """
            run: {agent: simulated, admission: \(QuireRun.unbounded), concurrency: 2}
            groups: {full: {weight: 100, max_concurrent: 1}, other: {weight: 1}}
            tasks:
              - {name: f1, prompt: "sim: duration=600", group: full}
              - {name: f2, prompt: "sim: duration=600", group: full}
              - {name: o1, prompt: "sim: duration=600", group: other}
              - {name: o2, prompt: "sim: duration=600", group: other}
            """,
            ["f2", "o2"],
            when: "o1",
            says: "runs in slot"
        )
        let full = try #require(told["f2"])
        let other = try #require(told["o2"])
        #expect(full.contains("\"full\" runs as many sessions as it may"), "\(full)")
        #expect(!other.contains("less session time"), "\(other)")
        #expect(other.contains("starts of its group."), "\(other)")
    }

    @Test func `a parked task is told of while it waits and while it runs`() throws {
        let waiting = try explain(
            """
            run: {agent: simulated, concurrency: 1}
            defaults: {retries: {delay: 10ms}}
            tasks:
              - {name: stuck, prompt: "sim: entries=1 ticks=0", size: 0.1}
              - {name: long, prompt: "sim: duration=600", size: large}
            """,
            ["stuck"],
            when: "long",
            says: "runs in slot"
        )
        let stuck = try #require(waiting["stuck"])
        #expect(stuck.contains("It is parked, so it goes when nothing else waits"), "\(stuck)")
        #expect(stuck.contains("4 sessions in a row ticked nothing"), "\(stuck)")
        let running = try explain(
            """
            run: {agent: simulated, concurrency: 1}
            tasks:
              - {name: stuck, prompt: "sim: entries=1 ticks=0"}
            """,
            ["stuck"],
            when: "stuck",
            says: "6 sessions so far",
            script: "stuck 6 duration=600"
        )
        let again = try #require(running["stuck"])
        #expect(again.contains("because only parked tasks waited"), "\(again)")
    }
}

import Foundation
import TestSupport
import Testing

extension `The real Codex CLI` {
    /// `QUIRE_CODEX_KILLS` SIGKILLs; `QUIRE_CODEX_TASKS` tasks a run, of 4 sessions each.
    @Test func `runs that are killed come to the same checklists as one that is not`() throws {
        let environment = ProcessInfo.processInfo.environment
        let wanted = environment["QUIRE_CODEX_KILLS"].flatMap { Int($0) } ?? 4
        let tasks = environment["QUIRE_CODEX_TASKS"].flatMap { Int($0) } ?? 6
        try withWorkspace { root in
            let stage = try Stage(root)
            defer { stage.end() }
            let calm = try KilledRun(stage, named: "calm", tasks: tasks)
            #expect(try calm.play(kills: 0) == 0)
            var (kills, runs) = (0, 0)
            while kills < wanted {
                runs += 1
                let run = try KilledRun(stage, named: "killed-\(runs)", tasks: tasks)
                kills += try run.play(kills: wanted - kills)
                #expect(run.lists == calm.lists)
                #expect(run.processes.isEmpty, "left behind: \(run.processes)")
            }
            print("\(kills) SIGKILLs in \(runs) runs of \(tasks) tasks with the real Codex CLI")
        }
    }
}

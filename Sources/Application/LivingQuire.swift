import Autonomous
import Descendants
package import Orchestration
import Reporting

/// The Quire that carries out the newest leg of a run, as the journal names it.
///
/// A Quire holds a lock for as long as it lives, but the lock's file may be removed or replaced, and a
/// state directory copied: its process, known by its number and its start, tells all the same. One of
/// another container or machine can't be looked up here; only locks tell of it.
package enum LivingQuire {
    /// Whether a Quire is known to live, by its mark in `RunBegan`; false without one.
    package static func lives(_ mark: String?) -> Bool { living(mark) != nil }

    /// Says why a leg of a run does not begin where another Quire still carries out the newest one, as
    /// far as the journal is folded; `nil` where it may begin.
    package static func refusal(of state: RunState, _ run: String) -> Trouble? {
        guard state.legs > 0, state.ending == nil, let runner = state.runner,
            let process = living(runner.mark)
        else { return nil }
        let owner = Owner(process: process, since: runner.since, work: run)
        return Trouble("\(LockError(busyWith: owner))", status: ExitStatus.missing)
    }

    private static func living(_ mark: String?) -> ProcessID? {
        guard let mark = mark.flatMap(RunnerMark.init), mark.isAlive(in: SystemProcesses()) else {
            return nil
        }
        return mark.process
    }
}

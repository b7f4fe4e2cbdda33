import Autonomous
import Descendants
package import Orchestration
import Reporting

/// The Quire process that carries out the newest leg of a run, as named in the journal.
///
/// A living Quire holds a lock, but the lock file may be removed or replaced, and the state directory copied.
/// Its process, identified by pid and start time, is evidence all the same. A process in another container or
/// machine can't be checked here; only its lock can.
package enum LivingQuire {
    /// Returns true if the Quire with this mark, from `RunBegan`, is known to be alive; false without a mark.
    package static func lives(_ mark: String?) -> Bool { living(mark) != nil }

    /// Returns the reason why a leg must not begin: another Quire still carries out the newest one, as far as
    /// `state`, the fold of the journal, tells; `nil` if the leg may begin.
    package static func refusal(of state: RunState, _ run: String) -> Trouble? {
        guard state.leg.number > 0, state.leg.ending == nil, let runner = state.leg.runner,
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

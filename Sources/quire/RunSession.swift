import Autonomous
import Driver
import EventLoop
import Foundation
import Glibc
import Orchestration
import Reporting
import RunStore

/// One leg of a run from the opening of the store to the exit status: what `quire run` and
/// `quire task` share.
struct RunSession {
    /// What a leg came to.
    struct Result {
        var ending: Ending
        var view: RunView
        var state: RunState
    }

    var request: RunRequest
    var stateDirectory: String

    /// Carries the leg out; throws `Trouble` when it can't begin.
    ///
    /// `makeReports` makes whoever shows the run, on its loop.
    func run(reports makeReports: (Loop) throws -> [any Report]) throws -> Result {
        let store: RunStore
        do {
            store = try RunStore.open(directory: stateDirectory)
        } catch {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
        let lock = try RunLock(run: request.run, directory: stateDirectory)
        try checkDescriptors()
        let recovered = try recover(store)
        Signals.ignoreHangup()
        let loop = try Loop()
        try Subreaper.enable(on: loop)
        let reports = try makeReports(loop)
        let driver = RunDriver(
            request,
            recovered: recovered,
            seed: UInt64.random(in: 0 ... .max),
            loop: loop,
            store: store,
            reports: reports
        )
        try driver.run()
        loop.close()
        try store.close()
        _ = consume lock
        if let refusal = driver.refusal {
            throw Trouble(refusal.reasons.joined(separator: "\n"), status: ExitStatus.missing)
        }
        guard let ending = driver.ending else {
            throw Trouble(
                "the run ended without an end [this is a bug]",
                status: ExitStatus.missing
            )
        }
        return Result(ending: ending, view: driver.view, state: driver.state)
    }

    private func recover(_ store: RunStore) throws -> RunState {
        do {
            var state = RunState()
            for batch in try store.journal(of: request.run) {
                state.apply(batch.events, at: batch.at)
            }
            return state
        } catch {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
    }

    /// A session takes four descriptors; Quire itself a few dozen.
    private func checkDescriptors() throws {
        let limit = DescriptorLimit.raise()
        let needed = min(request.plan.concurrency, request.plan.tasks.count) * 4 + 64
        if limit > 0, needed > limit {
            throw Trouble(
                "\(request.plan.concurrency) sessions at once need \(needed) descriptors, but the "
                    + "limit is \(limit); raise it (ulimit -n) or lower the concurrency",
                status: ExitStatus.missing
            )
        }
    }
}

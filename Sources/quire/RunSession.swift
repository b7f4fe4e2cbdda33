import Application
import Autonomous
import Driver
import EventLoop
import FileAccess
import Foundation
import Glibc
import Orchestration
import Reporting
import RunStore
import Synchronization

/// One leg of a run from the opening of the store to the exit status: what `quire run` and
/// `quire task` share.
struct RunSession {
    /// What a leg came to.
    struct Result {
        var ending: Ending
        var view: RunView
        var state: RunState
    }

    /// Stores of legs that are over; this process is, too, before long.
    ///
    /// One that goes away has a thread made to end its queue, and waits where none can be.
    private static let closed = Mutex<[RunStore]>([])

    var request: RunRequest
    var stateDirectory: String
    /// Says why a leg does not begin, given what its tasks' directories tell; `nil` where it does.
    var refuse: (DirectoryReview) -> Trouble? = { _ in nil }
    /// What of it may happen once at a time.
    var exclusive = Exclusive.run
    /// Whether what was recorded survives a power failure.
    var durable = false

    /// Carries the leg out; throws `Trouble` when it can't begin.
    ///
    /// `makeReports` makes whoever shows the run, on its loop.
    func run(reports makeReports: (Loop) throws -> [any Report]) throws -> Result {
        Signals.ignoreFailedWrites()
        try checkThreads()
        let state = try prepareDirectory()
        let lock = try exclusive.lock(request.run, in: state)
        var request = request
        request.owner = lock.mark
        try checkDescriptors()
        let (store, recovered) = try open(lock.mark, in: state)
        try Self.leave(store, for: LivingQuire.refusal(of: recovered, request.run))
        let review = request.review(recovered)
        try Self.leave(store, for: refuse(review))
        Signals.ignoreHangup()
        let loop = try Loop()
        try loop.adoptOrphans()
        let reports = try makeReports(loop)
        let driver = RunDriver(
            request,
            recovered: recovered,
            review: review,
            seed: UInt64.random(in: 0 ... .max),
            loop: loop,
            store: store,
            reports: reports
        )
        try driver.run()
        Signals.finishWriting(echo: ShutdownWishes.echo)
        for stream in [StandardStream.output, .error] {
            stream.limitWaiting(to: driver.patienceWithReaders) { Signals.wantsToEnd }
        }
        loop.close()
        do {
            try store.close()
        } catch {
            Terminal.complain("warning: \(error)")
        }
        Self.closed.withLock { $0.append(store) }
        _ = consume lock
        if let refusal = driver.refusal {
            throw Trouble(
                refusal.reasons.map { "\($0)" as SafeText }.joined(separator: "\n"),
                status: ExitStatus.missing
            )
        }
        guard let ending = driver.ending else {
            throw Trouble(
                "the run ended without an end [this is a bug]",
                status: ExitStatus.missing
            )
        }
        return Result(ending: ending, view: driver.view, state: driver.state)
    }

    /// Closes the store where there is a reason not to begin, and throws that.
    private static func leave(_ store: RunStore, for refusal: Trouble?) throws {
        guard let refusal else { return }
        // The refusal tells more than a store that can't be closed.
        try? store.close()
        throw refusal
    }

    private func prepareDirectory() throws -> Directory {
        do {
            try TaskDirectoriesIgnored.ensure(in: request.workspace)
            return try RunStore.prepare(directory: stateDirectory)
        } catch {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
    }

    /// Opens the store and reads what it knows of the run; a damaged one is moved away first.
    private func open(
        _ lock: OwnerMark,
        in directory: Directory
    ) throws -> (RunStore, RunState) {
        do {
            return try openAsItIs()
        } catch let error as StoreError where error.isDamage {
            let aside = try DamagedStore.moveAside(in: directory, own: lock, error)
            Terminal.complain(
                "warning: \(stateDirectory)/quire.db was damaged and is now \(aside): the history of its "
                    + "runs is lost, and the work goes on from the task directories"
            )
        } catch {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
        do {
            return try openAsItIs()
        } catch {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
    }

    private func openAsItIs() throws -> (RunStore, RunState) {
        let store = try RunStore.open(directory: stateDirectory, durable: durable)
        do {
            return (store, try store.state(of: request.run))
        } catch {
            // Why it can't be read tells more than that it can't be closed.
            try? store.close()
            throw error
        }
    }

    /// libuv's workers, and the store's threads.
    private func checkThreads() throws {
        do {
            try ThreadLimit.check(Loop.workerThreads + 4)
        } catch {
            throw Trouble(
                "\(error); Quire needs \(Format.count(Loop.workerThreads + 4, "thread")) and a process for each "
                    + "session: raise the limit on processes (ulimit -u), or end some of yours",
                status: ExitStatus.missing
            )
        }
    }

    /// A session takes five descriptors; Quire itself a few dozen.
    private func checkDescriptors() throws {
        let limit = DescriptorLimit.raise()
        let needed = min(request.plan.concurrency, request.plan.selected.count) * 5 + 64
        if limit > 0, needed > limit {
            throw Trouble(
                "\(Format.count(request.plan.concurrency, "session")) at once "
                    + "\(Format.word(for: request.plan.concurrency, "needs", "need")) "
                    + "\(Format.count(needed, "descriptor")), but the limit is \(limit); raise it (ulimit -n) or lower the concurrency",
                status: ExitStatus.missing
            )
        }
    }
}

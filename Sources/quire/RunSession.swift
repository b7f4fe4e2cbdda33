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

/// One leg of a run, from the opening of the store to the result; shared by `quire run` and `quire task`.
struct RunSession {
    /// The result of a leg.
    struct Result {
        var ending: Ending
        var view: RunView
        var state: RunState
    }

    /// Stores of legs that have ended, kept until the process ends.
    ///
    /// The deinitializer of a store starts a thread to end its queue, and waits if none can be started.
    private static let closed = Mutex<[RunStore]>([])

    var request: RunRequest
    var stateDirectory: String
    /// Returns the reason why the leg must not begin, from the review of its directories; `nil` if it may.
    var refuse: (DirectoryReview) -> Trouble? = { _ in nil }
    /// The work that only one process may do at a time.
    var exclusive = Exclusive.run
    /// True if the records survive a power failure.
    var durable = false

    /// Carries the leg out.
    ///
    /// `makeReports` makes the reports that show the run, on the run's loop.
    ///
    /// - Throws: `Trouble` if the leg can't begin.
    func run(reports makeReports: (Loop) throws -> [any Report]) throws -> Result {
        Signals.ignoreFailedWrites()
        try checkThreads()
        let state = try Self.prepareDirectory(request.workspace, stateDirectory)
        let lock = try exclusive.lock(request.run, in: state)
        var request = request
        request.owner = lock.mark
        let descriptors = try checkDescriptors()
        request.control = ControlSettings(
            directory: stateDirectory,
            user: NSUserName(),
            host: lock.mark.owner.host,
            mostSessions: descriptors > 0 ? max(1, (descriptors - 64) / 5) : nil
        )
        let (store, recovered) = try open(lock.mark, in: state)
        try Self.leave(store, for: LivingQuire.refusal(of: recovered, request.run))
        let review = request.review(recovered)
        try Self.leave(store, for: refuse(review))
        Signals.ignoreHangup()
        let loop = try Loop()
        try loop.adoptOrphans()
        let reports = try makeReports(loop)
        let driver = try RunDriver(
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

    /// If there is a reason not to begin, closes the store and throws the reason.
    private static func leave(_ store: RunStore, for refusal: Trouble?) throws {
        guard let refusal else { return }
        // The refusal is more useful than an error in closing the store.
        try? store.close()
        throw refusal
    }

    /// Makes the directories of a workspace's tasks and of Quire's own state, and opens the latter.
    static func prepareDirectory(
        _ workspace: Workspace,
        _ stateDirectory: String
    ) throws -> Directory {
        do {
            try TaskDirectoriesIgnored.ensure(in: workspace)
            return try RunStore.prepare(directory: stateDirectory)
        } catch {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
    }

    /// Opens the store and reads the state of the run; a damaged store is moved aside first.
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
            // The error in reading is more useful than an error in closing.
            try? store.close()
            throw error
        }
    }

    /// Checks that libuv's worker threads and the store's threads can be started.
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

    /// Checks the limit on descriptors, and returns it: a session takes five, and Quire itself a few dozen.
    private func checkDescriptors() throws -> Int {
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
        return limit
    }
}

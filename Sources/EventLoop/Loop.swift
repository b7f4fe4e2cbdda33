import CLibuv
import Glibc

/// A libuv loop, and the thread that runs it.
///
/// Everything made on a loop belongs to its thread; only a `Mailbox` and the jobs of `perform` may
/// be touched from elsewhere. A loop must be closed before it is let go.
@safe package final class Loop {
    /// The size of the buffer that all output is read into, in bytes.
    static let readSize = 16 * 1024

    let raw: UnsafeMutablePointer<uv_loop_t>
    /// The buffer that all output is read into: valid from one read callback's start to its end.
    let readBuffer: UnsafeMutablePointer<CChar>
    private var prepare: Handle<uv_prepare_t>?
    private var check: Handle<uv_check_t>?
    private var turnBody: (() -> Void)?
    var reaper: (any LoopPart)?
    var logLanes: (any LoopPart)?
    /// The pipes that `PipeReader` has widened and not closed yet.
    var widePipes = 0

    /// The number of libuv's worker threads: `UV_THREADPOOL_SIZE`, from 2 to 1,024; 4 unless set.
    ///
    /// One alone could not write a log and start a session meanwhile. libuv, which reads the
    /// variable when the first job is queued, gets this number, too.
    package static let workerThreads: Int = {
        guard let value = unsafe getenv("UV_THREADPOOL_SIZE") else { return 4 }
        let number = min(1024, max(2, Int(unsafe String(cString: value)) ?? 4))
        unsafe setenv("UV_THREADPOOL_SIZE", "\(number)", 1)
        return number
    }()

    /// Makes a loop.
    ///
    /// - Throws: `LoopError` when the system has no descriptors or memory for one.
    package init() throws(LoopError) {
        unsafe raw = .allocate(capacity: 1)
        unsafe readBuffer = .allocate(capacity: Self.readSize)
        let status = unsafe uv_loop_init(raw)
        guard status == 0 else {
            unsafe raw.deallocate()
            unsafe readBuffer.deallocate()
            throw LoopError("making an event loop", status)
        }
        Signals.ignoreFailedWrites()
        _ = Self.workerThreads
    }

    /// The time on the clock that stands still while the machine is suspended; read fresh.
    package var now: Duration { .nanoseconds(Int64(uv_hrtime())) }

    /// The processor time that the calling thread, the loop's, has used.
    package var work: Duration {
        var time = timespec()
        guard unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0 else { return .zero }
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    /// Runs until `stop` is called, or nothing is left that could call back.
    package func run() {
        _ = unsafe uv_run(raw, UV_RUN_DEFAULT)
    }

    /// Lets `run` return at the end of this turn.
    package func stop() {
        unsafe uv_stop(raw)
    }

    /// Calls `body` twice each turn: before the loop sleeps and after it has read what came, so
    /// that whatever any callback left behind is handled before the loop sleeps again.
    ///
    /// Replaces an earlier body. Does not keep the loop running.
    package func onTurn(_ body: @escaping () -> Void) throws(LoopError) {
        turnBody = body
        guard unsafe prepare == nil else { return }
        let prepare = unsafe try Handle<uv_prepare_t>(owner: self, doing: "watching turns") {
            unsafe uv_prepare_init(raw, $0)
        }
        unsafe self.prepare = unsafe prepare
        unsafe uv_prepare_start(prepare.raw) {
            unsafe owner($0?.pointee.data, as: Loop.self)?.turn()
        }
        unsafe prepare.unreference()
        let check = unsafe try Handle<uv_check_t>(owner: self, doing: "watching turns") {
            unsafe uv_check_init(raw, $0)
        }
        unsafe self.check = unsafe check
        unsafe uv_check_start(check.raw) { unsafe owner($0?.pointee.data, as: Loop.self)?.turn() }
        unsafe check.unreference()
    }

    /// Does a job on a worker thread, and hands what it made to `then` on the loop.
    ///
    /// Keeps the loop running until then.
    package func perform<Value: Sendable>(
        _ job: @escaping @Sendable () -> Value,
        then: @escaping (Value) -> Void
    ) {
        submit(
            ValueJob(job) { [unowned self] value in
                reaper?.jobEnded()
                then(value)
            }
        )
    }

    func submit(_ job: WorkJob) {
        do {
            unsafe try Request.queue(job, on: unsafe raw)
        } catch {
            // libuv refuses work only without a callback to run.
            preconditionFailure("\(error) [this is a bug]")
        }
    }

    /// Closes the loop's own handles, and frees the loop.
    ///
    /// All other handles must be closed before; the loop must not be used again.
    package func close() {
        turnBody = nil
        reaper?.close()
        reaper = nil
        logLanes?.close()
        logLanes = nil
        unsafe prepare?.close()
        unsafe check?.close()
        while unsafe uv_run(raw, UV_RUN_NOWAIT) != 0 {}
        // Handles whose owners were let go without being closed would leak.
        let status = unsafe uv_loop_close(raw)
        precondition(status == 0, "the loop is closed with open handles [this is a bug]")
        unsafe raw.deallocate()
        unsafe readBuffer.deallocate()
    }

    /// The handles on the loop that are not closed, but those for turns and for logs.
    package var openHandles: Int {
        var count = 0
        unsafe uv_walk(
            raw,
            { handle, count in
                if unsafe uv_is_closing(handle) == 0 {
                    unsafe count?.assumingMemoryBound(to: Int.self).pointee += 1
                }
            },
            &count
        )
        let own = unsafe [prepare != nil, check != nil, logLanes != nil]
        return count - own.count { $0 }
    }

    private func turn() { turnBody?() }
}

/// A part that a loop has once, made when it is first needed and closed with the loop.
protocol LoopPart: AnyObject {
    /// Called on the loop after each job of `perform`.
    func jobEnded()
    /// Closes the part's handles.
    func close()
}

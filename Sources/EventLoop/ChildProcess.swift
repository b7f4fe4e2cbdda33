import CLibuv
package import Descendants
import Glibc

/// A child process from its start on a worker thread until it has exited *and* its output has
/// ended.
///
/// The child leads a session and process group of its own, has no descriptor but its three, reads its
/// input from memory, and is killed when Quire dies. Its signal mask, ignored signals and soft limit
/// on descriptors are those that Quire was started with.
package final class ChildProcess {
    /// Program, arguments, environment and input of a child.
    package struct Launch: Sendable {
        /// The program's absolute path; not looked up anywhere.
        package var executable: String
        /// All of argv, the program's name first.
        package var arguments: [String]
        /// Environment entries passed on unchanged.
        package var inherited: InheritedEnvironment
        /// `NAME=value` for each variable besides.
        package var environment: [String]
        /// The working directory's absolute path.
        package var directory: String
        /// All of standard input.
        package var input: [UInt8]
        /// The number that its descendants inherit (`SessionLabel`); 0 for none.
        package var label: UInt64

        /// Makes a launch; see the properties.
        package init(
            executable: String,
            arguments: [String],
            inherited: InheritedEnvironment = .none,
            environment: [String],
            directory: String,
            input: [UInt8],
            label: UInt64 = 0
        ) {
            self.executable = executable
            self.arguments = arguments
            self.inherited = inherited
            self.environment = environment
            self.directory = directory
            self.input = input
            self.label = label
        }
    }

    /// Callbacks to a child's owner, on the loop.
    package struct Callbacks {
        /// Called when the child lives: at most once, before the others.
        package var started: (ProcessID) -> Void
        /// Called with standard output; the bytes are valid only during the call.
        package var output: (Span<UInt8>) -> Void
        /// Called when the child is over: exactly once, after the others.
        package var ended: (ChildEnd) -> Void

        /// Makes the callbacks; see the properties.
        package init(
            started: @escaping (ProcessID) -> Void,
            output: @escaping (Span<UInt8>) -> Void,
            ended: @escaping (ChildEnd) -> Void
        ) {
            self.started = started
            self.output = output
            self.ended = ended
        }
    }

    private let loop: Loop
    private let leakLimit: Duration
    private var callbacks: Callbacks?
    private var pid: pid_t = 0
    private var signalBeforeStart: Int32?
    private var output: PipeReader?
    private var error: PipeReader?
    private var captured = CapturedOutput()
    private var exit: ChildEnd.Termination?
    private var leakTimer: Timer?
    private var outputLeaked = false
    private var isPaused = false

    /// Starts a child.
    ///
    /// `launch` is called on a worker thread right before the start; an error of it ends the child as
    /// not started. `leakLimit` is how long after the exit a descendant may keep the output open; time
    /// in which the output is paused, or passed on, does not count.
    package init(
        loop: Loop,
        leakLimit: Duration,
        callbacks: Callbacks,
        launch: @escaping @Sendable () throws -> Launch
    ) {
        self.loop = loop
        self.leakLimit = leakLimit
        self.callbacks = callbacks
        let wantsPidfd = Reaper.of(loop).wantsPidfds
        loop.perform {
            Self.spawn(launch, wantsPidfd: wantsPidfd)
        } then: { [self] result in
            switch result {
            case .success(let spawned):
                adopt(spawned)
                Reaper.of(loop).spawnEnded(spawned.process.pid)
            case .failure(let failure):
                end(notStarted: failure)
                Reaper.of(loop).spawnEnded(nil)
            }
        }
    }

    /// Ends the child and its process group politely; nothing happens once it has exited.
    package func terminate() { signal(SIGTERM) }

    /// Ends the child and its process group; nothing happens once it has exited.
    package func kill() { signal(SIGKILL) }

    /// Stops reading standard output until `resumeOutput`: the child will wait when its pipe is
    /// full.
    package func pauseOutput() {
        isPaused = true
        output?.pause()
        leakTimer?.set(nil)
    }

    /// Goes on reading standard output.
    package func resumeOutput() {
        isPaused = false
        output?.resume()
        startLeakClock()
    }

    /// Passes the bytes that `output` was just called with to a log.
    ///
    /// If the child writes fast, a worker thread copies further bytes: the log examines them, `output` does not.
    package func passOn(_ bytes: Span<UInt8>, to log: LogWriter) {
        guard let output else { return log.append(bytes) }
        if output.hand(bytes, to: log, ended: { [self] in startLeakClock() }) {
            leakTimer?.set(nil)
        }
    }

    private struct LaunchFailure: Error, Sendable {
        var errno: Int32
        var text: String
    }

    private static func spawn(
        _ launch: @Sendable () throws -> Launch,
        wantsPidfd: Bool
    ) -> Result<Spawned, LaunchFailure> {
        do {
            return .success(try Spawned.start(try launch(), wantsPidfd: wantsPidfd))
        } catch let error as LoopError {
            return .failure(LaunchFailure(errno: error.errno, text: error.description))
        } catch {
            return .failure(LaunchFailure(errno: 0, text: "\(error)"))
        }
    }

    /// Takes over a started process, which may have ended already.
    private func adopt(_ spawned: Spawned) {
        pid = spawned.process.pid
        output = PipeReader(loop: loop, descriptor: spawned.output) { [self] event in
            switch event {
            case .bytes(let bytes): callbacks?.output(bytes)
            case .end: pipeEnded()
            }
        }
        error = PipeReader(loop: loop, descriptor: spawned.error) { [self] event in
            switch event {
            case .bytes(let bytes): captured.append(bytes)
            case .end: pipeEnded()
            }
        }
        if isPaused { output?.pause() }
        callbacks?.started(spawned.process)
        if let number = signalBeforeStart { signal(number) }
        // Last of all: one that has ended already may be reaped in this call, and what it wrote is
        // still in its pipes.
        Reaper.of(loop).watch(pid: pid, pidfd: spawned.pidfd) { [self] in exited($0) }
    }

    private func signal(_ number: Int32) {
        guard exit == nil else { return }
        if pid > 0 {
            // Not reaped yet, so the number can't be another process's.
            Glibc.kill(-pid, number)
        } else if callbacks != nil {
            signalBeforeStart = max(signalBeforeStart ?? 0, number == SIGKILL ? SIGKILL : 0)
            if signalBeforeStart != SIGKILL { signalBeforeStart = number }
        }
    }

    private func exited(_ termination: ChildEnd.Termination) {
        exit = termination
        startLeakClock()
        endIfOver()
    }

    private func startLeakClock() {
        guard exit != nil, !isPaused, output?.isDraining != true, callbacks != nil else { return }
        do {
            if leakTimer == nil { leakTimer = try Timer(loop: loop) { [self] in cutOff() } }
            leakTimer?.set(loop.now + leakLimit)
        } catch {
            cutOff()
        }
    }

    private func cutOff() {
        outputLeaked = output?.hasEnded == false
        output?.close()
        error?.close()
        output = nil
        error = nil
        endIfOver()
    }

    private func pipeEnded() {
        if output?.hasEnded == true { output = nil }
        if error?.hasEnded == true { error = nil }
        endIfOver()
    }

    private func endIfOver() {
        // A pipe that could not be read has ended before anybody held it.
        guard let exit, output?.hasEnded != false, error?.hasEnded != false else { return }
        end(exit)
    }

    private func end(notStarted failure: LaunchFailure) {
        end(.notStarted(errno: failure.errno, doing: failure.text))
    }

    private func end(_ termination: ChildEnd.Termination) {
        leakTimer?.close()
        leakTimer = nil
        guard let callbacks else { return }
        self.callbacks = nil
        callbacks.ended(
            ChildEnd(
                termination: termination,
                standardError: captured,
                outputLeaked: outputLeaked
            )
        )
    }
}

/// End of a child: termination and captured standard error.
package struct ChildEnd: Sendable {
    /// End of a child's process.
    package enum Termination: Hashable, Sendable {
        /// The process exited with this status.
        case exited(Int32)
        /// This signal killed it.
        case signaled(Int32)
        /// The process was never started; `doing` says what failed and why. `errno` is 0 if the
        /// `launch` closure threw something other than a `LoopError`.
        case notStarted(errno: Int32, doing: String)
    }

    /// The end of the process.
    package var termination: Termination
    /// Standard error of the child.
    package var standardError: CapturedOutput
    /// True if standard output was still open at the leak limit.
    package var outputLeaked: Bool
}

import CSpawn
import Descendants
import Glibc

/// A program that runs to its end while the calling thread waits.
///
/// For worker threads, and for programs without a loop. The program is killed when the calling thread
/// ends, and with it whatever is left of its process group.
package struct ShortProgram: Sendable {
    /// The result of a program.
    package struct End: Sendable {
        /// The end of the process.
        package var termination: ChildEnd.Termination
        /// Standard output.
        package var output: [UInt8]
        /// Standard error.
        package var standardError: CapturedOutput
        /// The reason why the program was killed; `nil` if it ended by itself.
        package var refusal: Refusal?
        /// The signal that asked this process to end meanwhile, with a `grace`; `nil` for none.
        package var interruption: Int32?
    }

    /// A reason to kill a program.
    package enum Refusal: Hashable, Sendable {
        /// The program ran for longer than it may.
        case isLate
        /// The output was longer than it may be.
        case saysTooMuch
    }

    /// The time that a descendant may keep the output open after the program has ended.
    private static let leakLimit = Duration.seconds(1)
    /// The time in which a killed program must have ended; later, nobody waits for it any more.
    private static let lastWait = Duration.seconds(10)
    /// The time between looks for a request to end: another thread may have been given the signal.
    private static let lookInterval: Int32 = 100

    /// The program, its arguments and its input.
    package var launch: ChildProcess.Launch
    /// The time after which the program is killed.
    package var patience: Duration
    /// The number of bytes of output after which the program is killed.
    package var longestOutput: Int
    /// The time that the program's process group has to end, before it is killed, once a signal asks
    /// this process to end; `nil` if such a signal does what it does otherwise.
    package var grace: Duration?
    /// Returns true once the output has all that is wanted.
    ///
    /// The program's process group is killed then; `nil` to wait for the program's end.
    package var isEnough: (@Sendable ([UInt8]) -> Bool)?

    /// Makes a program; its output may have any length unless given.
    package init(
        _ launch: ChildProcess.Launch,
        patience: Duration,
        longestOutput: Int = Int.max
    ) {
        self.launch = launch
        self.patience = patience
        self.longestOutput = longestOutput
    }

    /// Runs the program, and returns once it has ended and its output has, too.
    package func run() -> End {
        grace == nil ? runToEnd() : Signals.notingRequests(runToEnd)
    }

    private func runToEnd() -> End {
        do {
            var running = Running(
                try Spawned.start(launch, wantsPidfd: true),
                longestOutput: longestOutput,
                grace: grace,
                isEnough: isEnough
            )
            return running.finish(by: SuspendingClock.now + patience)
        } catch {
            let termination = ChildEnd.Termination.notStarted(
                errno: error.errno,
                doing: error.description
            )
            return End(termination: termination, output: [], standardError: CapturedOutput())
        }
    }

    /// A process, and what came from it so far.
    private struct Running {
        private let pid: pid_t
        private let pidfd: Int32
        private let longestOutput: Int
        private let grace: Duration?
        private let isEnough: (@Sendable ([UInt8]) -> Bool)?
        private var isInterrupted = false
        /// The pipes; -1 once they have ended.
        private var pipes: (output: Int32, error: Int32)
        private var output: [UInt8] = []
        private var standardError = CapturedOutput()
        private var refusal: Refusal?
        private var hasExited = false

        init(
            _ spawned: Spawned,
            longestOutput: Int,
            grace: Duration?,
            isEnough: (@Sendable ([UInt8]) -> Bool)?
        ) {
            pid = spawned.process.pid
            pidfd = spawned.pidfd
            pipes = (spawned.output, spawned.error)
            (self.longestOutput, self.grace) = (longestOutput, grace)
            self.isEnough = isEnough
        }

        private var isOver: Bool { hasExited && pipes.output < 0 && pipes.error < 0 }

        mutating func finish(by deadline: SuspendingClock.Instant) -> End {
            var deadline = deadline
            while !isOver {
                if let grace, !isInterrupted, Signals.notedRequest != nil {
                    isInterrupted = true
                    if !hasExited { Glibc.kill(-pid, SIGTERM) }
                    deadline = min(deadline, SuspendingClock.now + grace)
                }
                let (hadExited, hadRefusal) = (hasExited, refusal != nil)
                if SuspendingClock.now < deadline {
                    wait(until: deadline)
                } else if hasExited || refusal != nil {
                    // A descendant that still holds the output is cut off, and a program that does not die, left alone.
                    break
                } else {
                    kill(because: .isLate)
                }
                if !hadRefusal, refusal != nil {
                    deadline = SuspendingClock.now + ShortProgram.lastWait
                }
                if !hadExited, hasExited { deadline = SuspendingClock.now + ShortProgram.leakLimit }
            }
            return end()
        }

        /// Kills the program, and keeps the first reason.
        private mutating func kill(because reason: Refusal) {
            refusal = refusal ?? reason
            if !hasExited { Glibc.kill(-pid, SIGKILL) }
        }

        private mutating func wait(until deadline: SuspendingClock.Instant) {
            let rest = (deadline - SuspendingClock.now).components
            var milliseconds = Int32(
                clamping: rest.seconds * 1000 + rest.attoseconds / 1_000_000_000_000_000
            )
            // Without a pidfd nothing wakes this thread when the program has exited.
            if pidfd < 0, !hasExited { milliseconds = min(milliseconds, 20) }
            if grace != nil { milliseconds = min(milliseconds, ShortProgram.lookInterval) }
            var watched = [
                pollfd(fd: pipes.output, events: Int16(POLLIN), revents: 0),
                pollfd(fd: pipes.error, events: Int16(POLLIN), revents: 0),
                pollfd(fd: hasExited ? -1 : pidfd, events: Int16(POLLIN), revents: 0),
            ]
            _ = unsafe poll(&watched, nfds_t(watched.count), max(0, milliseconds) + 1)
            if watched[0].revents != 0 { readOutput() }
            if watched[1].revents != 0 { readError() }
            if !hasExited { hasExited = cspawn_has_ended(pid) }
        }

        private mutating func readOutput() {
            guard let bytes = Self.read(&pipes.output) else { return }
            guard bytes.count <= longestOutput - output.count else {
                return kill(because: .saysTooMuch)
            }
            output += bytes
            if !hasExited, isEnough?(output) == true { Glibc.kill(-pid, SIGKILL) }
        }

        private mutating func readError() {
            guard let bytes = Self.read(&pipes.error) else { return }
            standardError.append(bytes.span)
        }

        /// Reads what a pipe has; `nil`, and the pipe closed, at its end.
        private static func read(_ pipe: inout Int32) -> [UInt8]? {
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
                count = unsafe max(0, Glibc.read(pipe, buffer.baseAddress, buffer.count))
            }
            if !bytes.isEmpty { return bytes }
            close(pipe)
            pipe = -1
            return nil
        }

        private func end() -> End {
            for pipe in [pipes.output, pipes.error, pidfd] where pipe >= 0 { close(pipe) }
            var status: Int32 = 0
            if hasExited {
                // The number of its group is its own until it is reaped.
                Glibc.kill(-pid, SIGKILL)
                _ = unsafe cspawn_reap(pid, &status)
            } else {
                // It does not die; when it does, the process that reaps orphans gets it.
                cspawn_has_owner(pid)
                status = SIGKILL
            }
            return End(
                termination: Reaper.termination(status),
                output: output,
                standardError: standardError,
                refusal: refusal,
                interruption: grace == nil ? nil : Signals.notedRequest
            )
        }
    }
}

import CSpawn
import Glibc
import Synchronization

/// The signals that Quire deals with.
package enum Signals {
    /// SIGINT.
    package static let interrupt = SIGINT
    /// SIGTERM.
    package static let terminate = SIGTERM
    /// SIGKILL.
    package static let kill = SIGKILL
    /// SIGWINCH: the terminal has a new size.
    package static let windowChanged = SIGWINCH

    /// Frees this process from the signals that its caller had blocked, and from an ignored SIGTERM
    /// or SIGCHLD; children are started with all that as it was.
    ///
    /// For `main`, before there are other threads.
    package static func takeCharge() { cspawn_take_charge() }

    /// Turns a write to a closed pipe, or beyond the limit on a file's size, into an error instead
    /// of a death.
    package static func ignoreFailedWrites() {
        cspawn_ignore(SIGPIPE)
        cspawn_ignore(SIGXFSZ)
    }

    /// Lets Quire live on when its terminal goes away.
    package static func ignoreHangup() { cspawn_ignore(SIGHUP) }

    private static let lateRequests = Atomic(0)
    /// Time of the last counted request, in nanoseconds of the monotonic clock.
    private static let lastRequest = Atomic(Int.min / 2)
    private static let echo = Atomic(0)

    /// True if Quire was asked to end since `finishWriting` was called.
    package static var wantsToEnd: Bool { lateRequests.load(ordering: .relaxed) > 0 }

    /// Lets Quire finish what is left to write when it is asked to end once more; the request after
    /// that ends it at once.
    ///
    /// A signal within `echo` of a counted request belongs to that request.
    package static func finishWriting(echo: Duration) {
        Self.echo.store(Int(echo / .nanoseconds(1)), ordering: .relaxed)
        for number in [SIGINT, SIGTERM] {
            signal(number) { number in
                if Signals.countLateRequest(), Signals.lateRequests.load(ordering: .relaxed) > 1 {
                    _exit(128 + number)
                }
            }
        }
    }

    /// Counts a request; false for an echo.
    ///
    /// Calls nothing that a signal's handler may not.
    private static func countLateRequest() -> Bool {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        let now = time.tv_sec * 1_000_000_000 + time.tv_nsec
        let sinceLast = now - lastRequest.load(ordering: .relaxed)
        guard sinceLast >= echo.load(ordering: .relaxed) else { return false }
        lastRequest.store(now, ordering: .relaxed)
        lateRequests.add(1, ordering: .relaxed)
        return true
    }

    private static let request = Atomic(Int32(0))

    /// The signal that asked Quire to end since `notingRequests` began; `nil` for none.
    static var notedRequest: Int32? {
        let number = request.load(ordering: .relaxed)
        return number == 0 ? nil : number
    }

    /// Does something that looks for a noted request to end, which does not end Quire meanwhile.
    ///
    /// A signal that Quire's caller has it ignore stays ignored.
    static func notingRequests<Value>(_ body: () -> Value) -> Value {
        request.store(0, ordering: .relaxed)
        let earlier = [SIGHUP, SIGINT, SIGTERM].filter { !isIgnored($0) }.map { number in
            (number, signal(number) { Signals.request.store($0, ordering: .relaxed) })
        }
        defer { for (number, handler) in earlier { signal(number, handler) } }
        return body()
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        unsafe sigaction(number, nil, &action)
        let handler = unsafe action.__sigaction_handler.sa_handler
        return unsafe unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    private static let names = [
        SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL",
        SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGKILL: "SIGKILL",
        SIGSEGV: "SIGSEGV", SIGPIPE: "SIGPIPE", SIGALRM: "SIGALRM", SIGTERM: "SIGTERM",
        SIGUSR1: "SIGUSR1", SIGUSR2: "SIGUSR2", SIGXCPU: "SIGXCPU", SIGXFSZ: "SIGXFSZ",
    ]

    /// The name of a signal, as in `SIGKILL`; its number where it has none.
    package static func name(_ number: Int32) -> String {
        names[number] ?? "signal \(number)"
    }
}

/// Tells that this process was stopped and goes on.
package enum Resumption {
    private static let hasHappened = Atomic(false)
    private static let number = Atomic(0)

    /// The number of times that the process was resumed since `watch`.
    package static var count: Int { number.load(ordering: .relaxed) }

    /// Begins to watch.
    ///
    /// The system calls the handler before anything of the program goes on; a `SignalWatcher` would
    /// be called only after the loop had seen how late it is.
    package static func watch() {
        hasHappened.store(false, ordering: .relaxed)
        signal(SIGCONT) { _ in
            Resumption.hasHappened.store(true, ordering: .relaxed)
            Resumption.number.add(1, ordering: .relaxed)
        }
    }

    /// Indicates whether the process was resumed since the last call, and resets that.
    package static func take() -> Bool { hasHappened.exchange(false, ordering: .relaxed) }
}

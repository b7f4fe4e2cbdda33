import Glibc

/// A simulated session, which prints the same as Codex, in the same order and form.
struct Session {
    let thread: String
    let threads: Threads
    let usageBefore: Int
    let directives: Directives
    let work: TaskWork
    let number: Int
    let evidence: Evidence?
    let hook: StopHook?

    /// Plays the session and returns its exit status.
    func run() -> Int32 {
        let began = ContinuousClock.now
        if directives.ignoresTermination {
            signal(SIGTERM, SIG_IGN)
        } else {
            signal(SIGTERM) { _ in _exit(143) }
        }
        signal(SIGINT) { _ in _exit(1) }
        if directives.faults.grandchild > 0 { leaveGrandchild() }
        for number in 0..<directives.faults.daemons { leaveDaemon(isStubborn: number % 2 == 1) }
        writeNoise()
        if directives.faults.isGarbage {
            Output.write("Welcome to some other program\n{not json\n")
            return directives.faults.exit ?? 0
        }
        threads.save(thread, usage: usageBefore)
        Output.event("thread.started", #""thread_id":"\#(thread)""#)
        Output.event("turn.started")
        if directives.faults.hangs { sleepForEver() }
        if let failure = directives.faults.fail { return fail(failure) }
        if let limit { return fail(saying: limit) }
        return complete(began: began)
    }

    /// The message of the account's usage limit; `nil` while there is none.
    private var limit: String? {
        guard let path = directives.limit, let text = Files.read(path),
            let over = Double(text.prefix { $0.isNumber || $0 == "." })
        else { return nil }
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let left = over - Double(now.tv_sec) - Double(now.tv_nsec) / 1e9
        guard left > 0 else { return nil }
        return "You’ve hit your usage limit. Try again in \(Int(left.rounded(.up))) seconds."
    }

    /// Works through the turn.
    ///
    /// The duration of a turn without items counts from the beginning of the session: a process that
    /// is stopped for a while before its pause does not wait for all of it afterwards.
    private func complete(began: ContinuousClock.Instant) -> Int32 {
        if let path = directives.pace.until {
            while access(path, F_OK) != 0 { pause(0.01) }
        }
        let steps = max(1, directives.show.items)
        for step in 0..<directives.show.items {
            pause(pauseTotal / Double(steps))
            if step == steps / 2, let crash = directives.faults.crash { kill(getpid(), crash) }
            if let limit { return fail(saying: limit) }
            command(step)
        }
        if directives.show.items == 0 {
            pause(pauseTotal - (ContinuousClock.now - began) / .seconds(1))
        }
        if directives.show.items == 0, let crash = directives.faults.crash { kill(getpid(), crash) }
        if directives.show.line > 0 { Output.longLine(directives.show.line) }
        if directives.show.tearsCharacters { Output.tornCharacters() }
        work.work(directives, session: number, evidence)
        let message = Output.escaped(directives.show.message ?? "Done.")
        Output.item(
            "completed",
            directives.show.items,
            #""type":"agent_message","text":"\#(message)""#
        )
        let rounds = answerHook()
        if directives.faults.isTorn {
            Output.write(#"{"type":"turn.compl"#)
            return directives.faults.exit ?? 0
        }
        // A directive may ask for any number, and parts of it are reported, too.
        let (spent, isTooMuch) = directives.show.tokens.multipliedReportingOverflow(by: 1 + rounds)
        let (sum, overflows) = usageBefore.addingReportingOverflow(spent)
        let total = isTooMuch || overflows ? Int.max : sum
        let cached = total > Int.max / 5 ? total / 6 * 5 : total * 5 / 6
        Output.event(
            "turn.completed",
            #""usage":{"input_tokens":\#(total),"cached_input_tokens":\#(cached),"#
                + #""cache_write_input_tokens":0,"output_tokens":\#(total / 35),"#
                + #""reasoning_output_tokens":\#(total / 120)}"#
        )
        threads.save(thread, usage: total)
        evidence?.note("end")
        return directives.faults.exit ?? 0
    }

    /// Mends what a hook finds at the turn's end, as long as it finds anything; returns how often it did.
    private func answerHook() -> Int {
        var rounds = 0
        while let reason = hook?.reason(thread: thread, isActive: rounds > 0) {
            rounds += 1
            if let path = directives.mend { Files.append(reason + "\n", to: path) }
            let place = directives.show.items + rounds
            Output.item("completed", place, #""type":"agent_message","text":"Mended.""#)
        }
        return rounds
    }

    private func command(_ step: Int) {
        let text = #""type":"command_execution","command":"/bin/bash -lc 'make step-\#(step + 1)'""#
        Output.item(
            "started",
            step,
            text + #","aggregated_output":"","exit_code":null,"status":"in_progress""#
        )
        Output.item(
            "completed",
            step,
            text + #","aggregated_output":"\#(Output.filler(directives.show.output))","#
                + #""exit_code":0,"status":"completed""#
        )
    }

    private var pauseTotal: Double {
        guard directives.pace.jitter > 0 else { return directives.pace.duration }
        // Always the same for a session, so that runs can be compared.
        var hash: UInt64 = 1_469_598_103_934_665_603
        for byte in "\(work.name)#\(number)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211
        }
        let share = Double(hash >> 11) / Double(UInt64(1) << 53)
        return directives.pace.duration
            * (1 - directives.pace.jitter + 2 * directives.pace.jitter * share)
    }

    private func fail(_ kind: String) -> Int32 {
        pause(pauseTotal)
        if kind == "network-down" {
            while true {
                Output.event(
                    "error",
                    #""message":"Reconnecting... waiting for network (Connection failed: error"#
                        + #" sending request)""#
                )
                pause(max(0.05, directives.pace.duration))
            }
        }
        let message = message(of: kind)
        if ["rate-limit", "overload", "stream-cut", "authentication"].contains(kind) {
            Output.event("error", #""message":"Reconnecting... 1/2 (\#(message))""#)
            Output.event("error", #""message":"Reconnecting... 2/2 (\#(message))""#)
        }
        return fail(saying: message)
    }

    private func fail(saying message: String) -> Int32 {
        Output.event("error", #""message":"\#(message)""#)
        Output.event("turn.failed", #""error":{"message":"\#(message)"}"#)
        return directives.faults.exit ?? 1
    }

    private func message(of kind: String) -> String {
        switch kind {
        case "usage-limit":
            "You’ve hit your usage limit. Upgrade to Pro (https://chatgpt.com/explore/pro), visit "
                + "https://chatgpt.com/settings/usage to purchase more credits or try again at "
                + "\(directives.reset)."
        case "rate-limit": "exceeded retry limit, last status: 429 Too Many Requests"
        case "overload":
            "We’re currently experiencing high demand, which may cause temporary errors."
        case "stream-cut":
            "stream disconnected before completion: stream closed before response.completed"
        case "authentication":
            "unexpected status 401 Unauthorized: Incorrect API key provided"
        case "context-window":
            "Codex ran out of room in the model's context window. Start a new thread or clear "
                + "earlier history before retrying."
        case "state-locked": "failed to open the state database: database is locked"
        default: "the simulated turn failed"
        }
    }

    private func writeNoise() {
        var left = directives.show.standardError
        while left > 0 {
            let piece = min(left, 4096)
            Output.write(String(repeating: "e", count: piece - 1) + "\n", to: 2)
            left -= piece
        }
    }

    private func leaveGrandchild() {
        leave { pause(directives.faults.grandchild) }
    }

    private func leaveDaemon(isStubborn: Bool) {
        leave {
            for descriptor: Int32 in 0...2 { close(descriptor) }
            signal(SIGTERM, isStubborn ? SIG_IGN : SIG_DFL)
            pause(60)
        }
    }

    /// Leaves a child behind, and returns once the child leads a session of its own, so that
    /// signals to this process's group don't reach it.
    private func leave(_ body: () -> Void) {
        let child = fork()
        if child == 0 {
            setsid()
            body()
            _exit(0)
        }
        while child > 0, getsid(child) != child, getsid(child) > 0 { usleep(100) }
    }

    private func pause(_ seconds: Double) {
        guard seconds > 0 else { return }
        var rest = timespec(
            tv_sec: Int(seconds),
            tv_nsec: Int(seconds.truncatingRemainder(dividingBy: 1) * 1e9)
        )
        var left = timespec()
        while nanosleep(&rest, &left) != 0, errno == EINTR { rest = left }
    }

    private func sleepForEver() {
        while true { pause(3600) }
    }
}

import CSpawn
import Glibc
import Synchronization

/// A program that is started beside the loop, and is no session: it keeps this process's descriptors or gets
/// others, and does not die with it.
package struct PlainProgram {
    /// The path.
    package var executable: String
    /// The arguments, the name first.
    package var arguments: [String]
    /// The environment, and `NAME=value` entries besides.
    package var environment = InheritedEnvironment.own
    package var variables: [String] = []
    /// The descriptors of the program, each with the one of this process that it is; the rest are inherited.
    package var descriptors: [(its: Int32, ours: Int32)] = []
    /// True for a session of its own, which a terminal's hang-up and Ctrl-C don't reach.
    package var isDetached = false

    /// Makes a program's call.
    package init(_ executable: String, _ arguments: [String]) {
        (self.executable, self.arguments) = (executable, arguments)
    }

    /// Starts the program, and returns its process.
    ///
    /// The signals that Quire ignores for itself have their usual effect on the program.
    ///
    /// - Throws: `LoopError` if it can't be started.
    package func start() throws(LoopError) -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for (its, ours) in descriptors {
            unsafe posix_spawn_file_actions_adddup2(&actions, ours, its)
        }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        unsafe sigemptyset(&none)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        var usual = sigset_t()
        unsafe sigemptyset(&usual)
        for number in [SIGPIPE, SIGXFSZ, SIGINT, SIGQUIT] { unsafe sigaddset(&usual, number) }
        unsafe posix_spawnattr_setsigdefault(&attributes, &usual)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        unsafe posix_spawnattr_setflags(
            &attributes,
            Int16(flags) | (isDetached ? Self.newSession : 0)
        )
        var pid: pid_t = 0
        let status = unsafe withCStrings(arguments) { arguments in
            unsafe environment.withCStrings(adding: variables) { environment in
                unsafe posix_spawn(&pid, executable, &actions, &attributes, arguments, environment)
            }
        }
        guard status == 0 else {
            let refusal = ProgramFile(executable).refusal(status)
            throw LoopError("running \"\(executable)\"", status, because: refusal)
        }
        return pid
    }

    /// The flag `POSIX_SPAWN_SETSID` of glibc, which is a GNU extension.
    private static let newSession: Int16 = 0x80

    /// Waits until a program has ended, and returns its exit status; 128 and the signal's number if one killed it.
    package static func wait(for pid: Int32) -> Int32 {
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, 0) < 0 {
            guard errno == EINTR else { return 127 }
        }
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + status & 0x7F
    }

    private static let addressee = Atomic(Int32(0))

    /// Does something while requests to end go to a program instead of to this process.
    package static func passingRequests<Value>(
        to pid: Int32,
        _ body: () throws -> Value
    ) rethrows -> Value {
        addressee.store(pid, ordering: .relaxed)
        let earlier = [SIGINT, SIGTERM, SIGHUP].map { number in
            (
                number,
                signal(number) { number in
                    kill(PlainProgram.addressee.load(ordering: .relaxed), number)
                }
            )
        }
        defer { for (number, handler) in earlier { signal(number, handler) } }
        return try body()
    }

    /// Does something while a program in the foreground alone answers the keys that send signals.
    package static func ignoringKeys<Value>(
        _ body: () throws(LoopError) -> Value
    ) throws(LoopError) -> Value {
        let earlier = [SIGINT, SIGQUIT].map { ($0, signal($0, SIG_IGN)) }
        defer { for (number, handler) in earlier { signal(number, handler) } }
        return try body()
    }
}

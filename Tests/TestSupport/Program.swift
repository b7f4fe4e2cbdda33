import Descendants
package import EventLoop
import Foundation

/// What became of a program that a test ran.
package struct Outcome {
    /// Its exit status; 128 and the signal's number where a signal killed it.
    package var status: Int32 = -1
    /// Its standard output.
    package var output = ""
    /// Its standard error.
    package var error = ""
    /// Whether it had to be killed at the deadline.
    package var isLate = false
}

/// A program that a test runs to its end, with a deadline.
package struct Program {
    /// The path.
    package var path: String
    /// The arguments after the name.
    package var arguments: [String]
    /// The working directory.
    package var directory: String
    /// Added to `TestEnvironment.base`.
    package var environment: [String: String] = [:]
    /// Put before all that, as it is.
    package var inherited = InheritedEnvironment.none
    /// Whether it gets all of the test's own environment: for what asks the network and its proxies.
    package var inheritsEnvironment = false
    /// When it is killed: a bound for what hangs, which no load of the machine comes near.
    package var deadline = Duration.seconds(900)
    /// When SIGKILL hits its process, counted from its start; `nil` for never.
    package var killAfter: Duration?

    /// Makes a program's call.
    package init(_ path: String, _ arguments: [String], in directory: String) {
        self.path = path
        self.arguments = arguments
        self.directory = directory
    }

    /// A program of this package; `quire` is the release that `QUIRE_RELEASE` names, if it names one:
    /// that is what people get, and it takes a quarter of the debug build's processor time.
    package static func built(_ name: String) -> String {
        if name == "quire", let release = ProcessInfo.processInfo.environment["QUIRE_RELEASE"] {
            return URL(filePath: release).path
        }
        let bundle = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        let candidates = [bundle, Bundle.main.bundleURL, Bundle.main.executableURL ?? bundle]
        for candidate in candidates {
            var directory = candidate
            for _ in 0..<3 {
                let path = directory.appendingPathComponent(name).path
                if FileManager.default.isExecutableFile(atPath: path) { return path }
                directory = directory.deletingLastPathComponent()
            }
        }
        return name
    }

    /// Runs it.
    ///
    /// `watching` is called with the output so far whenever there is more, and may send
    /// signals to the process.
    package func run(
        watching: @escaping (_ output: String, _ pid: Int32) -> Void = { _, _ in }
    ) throws -> Outcome {
        let loop = try Loop()
        var result = Outcome()
        var bytes: [UInt8] = []
        var pid: Int32 = 0
        var child: ChildProcess?
        let timer = try EventLoop.Timer(loop: loop) {
            result.isLate = true
            child?.kill()
        }
        timer.set(loop.now + deadline)
        let killer = try EventLoop.Timer(loop: loop) { kill(pid, Signals.kill) }
        let callbacks = ChildProcess.Callbacks(
            started: {
                pid = $0.pid
                killer.set(killAfter.map { loop.now + $0 })
            },
            output: { span in
                for place in span.indices { bytes.append(span[place]) }
                watching(String(decoding: bytes, as: UTF8.self), pid)
            },
            ended: { end in
                switch end.termination {
                case .exited(let status): result.status = status
                case .signaled(let signal): result.status = 128 + signal
                case .notStarted(_, let words): result.error = words
                }
                result.error += String(decoding: end.standardError.head, as: UTF8.self)
                loop.stop()
            }
        )
        let base =
            inheritsEnvironment ? ProcessInfo.processInfo.environment : TestEnvironment.base
        let all = base.merging(environment) { $1 }.map { "\($0)=\($1)" }
        let (path, arguments, directory, inherited) = (path, arguments, directory, inherited)
        child = ChildProcess(loop: loop, leakLimit: .seconds(5), callbacks: callbacks) {
            ChildProcess.Launch(
                executable: path,
                arguments: [path] + arguments,
                inherited: inherited,
                environment: all,
                directory: directory,
                input: []
            )
        }
        loop.run()
        timer.close()
        killer.close()
        loop.close()
        result.output = String(decoding: bytes, as: UTF8.self)
        return result
    }
}

/// Watches a program's output, and sends it a signal, once, when the output has these words.
///
/// A signal with each further piece of output would be more wishes, how many is up to the machine.
package func signal(_ number: Int32, at words: String) -> (_ output: String, _ pid: Int32) -> Void {
    var isSent = false
    return { output, pid in
        guard !isSent, output.contains(words) else { return }
        isSent = true
        kill(pid, number)
    }
}

/// A directory of its own for a test, removed afterwards; a workspace for Quire.
package func withWorkspace<Result>(_ body: (String) throws -> Result) throws -> Result {
    let path = TestEnvironment.temporaryDirectory + "/quire-" + UUID().uuidString
    defer { remove(path) }
    try makeWorkspace(path)
    return try body(path)
}

/// Removes a directory, into which processes that are being ended may still write.
private func remove(_ path: String) {
    _ = eventually {
        try? FileManager.default.removeItem(atPath: path)
        return !FileManager.default.fileExists(atPath: path)
    }
}

/// Makes a directory the top level of an empty git repository, whatever lies above it.
package func makeWorkspace(_ path: String) throws {
    for part in ["objects", "refs"] {
        try FileManager.default.createDirectory(
            atPath: path + "/.git/" + part,
            withIntermediateDirectories: true
        )
    }
    try put("ref: refs/heads/main\n", path + "/.git/HEAD")
}

/// Waits until something holds, for as long as a stuck test may take; false where it never does.
package func eventually(_ holds: () throws -> Bool) rethrows -> Bool {
    for _ in 0..<12_000 {
        if try holds() { return true }
        usleep(25_000)
    }
    return false
}

/// Writes a file.
package func put(_ text: String, _ path: String) throws {
    try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent,
        withIntermediateDirectories: true
    )
    try text.write(toFile: path, atomically: false, encoding: .utf8)
}

/// Reads a file; empty where there is none.
package func text(_ path: String) -> String {
    (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
}

/// What Quire's JSON says; its keys are in snake case.
///
/// - Throws: `DecodingError` for what is not that.
package func decoded<Value: Decodable>(
    _ type: Value.Type,
    _ json: some StringProtocol
) throws -> Value {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(json.utf8))
}

/// What the lines of a file say, as `--events` writes them.
///
/// - Throws: `DecodingError` for what is not that.
package func decodedLines<Value: Decodable>(of path: String) throws -> [Value] {
    try text(path).split(separator: "\n").map { try decoded(Value.self, $0) }
}

/// Living processes whose environment holds this text.
///
/// One that was killed is not among them, even if the kernel has not yet come to end it.
package func processes(mentioning words: String) -> [Int32] {
    let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return entries.compactMap { Int32($0) }.filter { pid in
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/environ") else {
            return false
        }
        return String(decoding: data, as: UTF8.self).contains(words) && !isDying(pid)
    }
}

/// Kills all processes whose environment holds this text, and waits until there are none.
package func endProcesses(mentioning words: String) {
    _ = eventually {
        let left = processes(mentioning: words)
        for pid in left { kill(pid, Signals.kill) }
        return left.isEmpty
    }
}

/// Whether a process has ended, or can't go on: a SIGKILL waits for it, as for each process that a
/// signal ends.
private func isDying(_ pid: Int32) -> Bool {
    let lines = text("/proc/\(pid)/status").split(separator: "\n")
    func field(_ name: String) -> Substring? {
        lines.first { $0.hasPrefix(name + ":\t") }?.dropFirst(name.count + 2)
    }
    guard let state = field("State") else { return true }
    let kill: UInt64 = 1 << 8
    let isKilled = ["SigPnd", "ShdPnd"].contains {
        field($0).flatMap { UInt64($0, radix: 16) }.map { $0 & kill != 0 } ?? false
    }
    // The flags are the seventh field after the command, which is in parentheses; 4 is "exiting".
    let fields = text("/proc/\(pid)/stat").components(separatedBy: ") ").last?.split(separator: " ")
    let flags = fields.flatMap { $0.count > 6 ? UInt64($0[6]) : nil } ?? 4
    return isKilled || flags & 4 != 0 || state.hasPrefix("Z") || state.hasPrefix("X")
}

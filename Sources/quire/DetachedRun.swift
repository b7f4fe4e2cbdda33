import Application
import Autonomous
import Driver
import EventLoop
import FileAccess
import Glibc
import Orchestration
import Reporting
import RunStore

/// A run in the background: the same command line in a session of its own, with its output in a file.
struct DetachedRun {
    /// The name of the file with the output of background runs, in the state directory.
    static let output = "detached.log"
    /// The option by which the run gets the descriptor on which it says that it has begun.
    static let option = "--begun-descriptor"
    /// The directory of the option's value: hints on what to call next leave out what names a descriptor.
    private static let paths = "/dev/fd/"
    private static let descriptor: Int32 = 3

    let name: String
    let workspace: Workspace
    let stateDirectory: String

    /// Returns the descriptor that the option's value names; `nil` for another value.
    static func descriptor(named path: String) -> Int32? {
        path.hasPrefix(paths) ? Int32(path.dropFirst(paths.count)) : nil
    }

    /// Starts the run, and returns once it has begun.
    ///
    /// - Throws: `Trouble` with the run's own words and status if it does not begin.
    func start(_ words: [String]) throws {
        let directory = try RunSession.prepareDirectory(workspace, stateDirectory)
        let path = directory.path(of: Self.output)
        let (log, offset) = try open(in: directory)
        defer { close(log) }
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Self.refusal("opening a pipe") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let nothing = Glibc.open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { for end in [ends[0], nothing] { close(end) } }
        let pid: Int32
        do {
            defer { close(ends[1]) }
            pid = try program(words, output: log, begun: ends[1], nothing).start()
        } catch {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
        let hasBegun = PlainProgram.passingRequests(to: pid) { Self.waitForByte(ends[0]) }
        guard !hasBegun else {
            return Terminal.say(
                """
                run "\(name)" goes on in the background (process \(pid))
                its output goes to \(path)
                to watch it: quire watch; to end it once its sessions have finished: quire drain
                """
            )
        }
        let status = PlainProgram.wait(for: pid)
        let said = Self.text(of: log, from: offset)
        guard status != 0 || !said.isEmpty else {
            throw Trouble("the run ended before it began [this is a bug]", status: 69)
        }
        throw Trouble(SafeText(lines: said), status: status)
    }

    private func open(in directory: Directory) throws -> (log: Int32, offset: Int) {
        do {
            let log = try directory.openForAppending(Self.output)
            return (log, Int(lseek(log, 0, SEEK_END)))
        } catch {
            throw Trouble("\(error)", status: ExitStatus.missing)
        }
    }

    private func program(
        _ words: [String],
        output: Int32,
        begun: Int32,
        _ nothing: Int32
    ) throws -> PlainProgram {
        // What follows "--" is no option.
        let options = words.prefix { $0 != "--" }
        let arguments =
            options.filter { $0 != "--detach" } + ["\(Self.option)=\(Self.paths)\(Self.descriptor)"]
            + words.dropFirst(options.count)
        let own = try AgentLookup.ownPath
        var program = PlainProgram(own, [ProgramArguments.all.first ?? "quire"] + arguments)
        program.descriptors = [
            (STDIN_FILENO, nothing), (STDOUT_FILENO, output), (STDERR_FILENO, output),
            (Self.descriptor, begun),
        ]
        program.isDetached = true
        return program
    }

    /// Waits for a byte; returns false if the other end was closed without one.
    private static func waitForByte(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        while true {
            let count = read(descriptor, &byte, 1)
            if count >= 0 { return count == 1 }
            guard errno == EINTR else { return false }
        }
    }

    /// Returns what was written to a file after an offset, without a newline at its end.
    private static func text(of file: Int32, from offset: Int) -> String {
        let size = min(max(0, Int(lseek(file, 0, SEEK_END)) - offset), 1 << 20)
        var bytes = [UInt8](repeating: 0, count: size)
        let count = pread(file, &bytes, size, off_t(offset))
        let text = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        return String(
            text.prefix(
                upTo: text.lastIndex { !$0.isNewline }.map(text.index(after:)) ?? text.startIndex
            )
        )
    }

    private static func refusal(_ doing: SafeText) -> Trouble {
        Trouble("\(doing) failed: \(String(cString: strerror(errno)))", status: ExitStatus.missing)
    }
}

/// The sign to the caller of a background run that it has begun: the first facts are in the journal.
final class BeginningReport: Report {
    private var descriptor: Int32

    /// Makes the report on an inherited descriptor, which no child of this process gets.
    init(descriptor: Int32) {
        self.descriptor = descriptor
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }

    func show(_ events: [RecordedEvent], view: RunView) {
        guard descriptor >= 0, !events.isEmpty else { return }
        var byte: UInt8 = 1
        // A caller that has gone needs no sign.
        _ = write(descriptor, &byte, 1)
        close(descriptor)
        descriptor = -1
    }

    func finish(view: RunView, at moment: Moment, then: @escaping () -> Void) {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
        then()
    }

    func giveUp() {}
}

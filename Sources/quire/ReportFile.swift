import Application
import Autonomous
import EventLoop
import FileAccess
import Foundation
import Glibc
import Reporting

/// The formats of the files that Quire writes to a path named by the caller.
enum ReportFormat {
    case junit, markdown, events, page, dispatches

    /// The first line of a log of dispatches.
    static let dispatchesHeader = "# policy slots seconds task session slot why\n"

    /// The format's name, for messages.
    var words: String {
        switch self {
        case .junit: "JUnit XML"
        case .markdown: "a Markdown report by Quire"
        case .events: "JSON Lines by Quire"
        case .page: "a page by Quire"
        case .dispatches: "a log of dispatches"
        }
    }

    /// Returns true if a file with this beginning is an earlier run's of this format, and may be replaced.
    func isFormat(of beginning: [UInt8]) -> Bool {
        var text = String(decoding: beginning, as: UTF8.self)
        if text.hasPrefix("\u{FEFF}") { text.removeFirst() }
        switch self {
        case .junit:
            let root = text.hasPrefix("<?xml") ? text.drop { $0 != ">" }.dropFirst() : text[...]
            return root.drop(while: \.isWhitespace).hasPrefix("<testsuite")
        case .markdown: return text.hasPrefix("### ✅ ") || text.hasPrefix("### ❌ ")
        case .events:
            let line = text.prefix { !$0.isNewline }
            return line.hasPrefix("{") && line.contains("\"event\":")
                && line.contains("\"sequence\":") && line.contains("\"run\":")
        case .page: return text.hasPrefix("<!doctype html>") && text.contains("<title>Quire: ")
        case .dispatches: return text.hasPrefix(Self.dispatchesHeader)
        }
    }
}

/// A file that a person named for Quire to write to.
///
/// Only a file of an earlier run, an empty file or a missing one is written. Anything else (a manifest, a
/// file of the state, a file of others) is reported and left as it is. The path is resolved once: a file that
/// is put there later is not written to.
struct ReportFile {
    private enum Target {
        case file(Directory, name: String)
        /// A pipe, a terminal or another device that was named on purpose.
        case special(FileIdentity)
        /// A descriptor that Quire was started with.
        case descriptor(Int32)
    }

    /// The option that named the file, for messages.
    let option: String
    /// The path as it was named, made absolute unless it names a descriptor.
    let path: String
    private let format: ReportFormat
    private let target: Target

    /// Checks that the file can be written; creates its directory.
    ///
    /// - Throws: `Trouble` if the file can't or must not be written.
    init(option: String, path: String, format: ReportFormat) throws {
        let descriptor = Self.inherited(path)
        // A descriptor has no path but this one.
        self.path = descriptor == nil ? path.absolutePath : path
        (self.option, self.format) = (option, format)
        target =
            try descriptor.map(Target.descriptor)
            ?? Self.target(of: self.path, option: option, format: format)
        try checkContents()
    }

    /// Returns the descriptor that a path names: `-`, `/dev/stdout`, or the path that a shell makes of
    /// `>(…)`.
    private static func inherited(_ path: String) -> Int32? {
        switch path {
        case "-", "/dev/stdout": return STDOUT_FILENO
        case "/dev/stderr": return STDERR_FILENO
        default:
            for prefix in ["/dev/fd/", "/proc/self/fd/"] where path.hasPrefix(prefix) {
                return Int32(path.dropFirst(prefix.count)).flatMap {
                    fcntl($0, F_GETFD) >= 0 ? $0 : nil
                }
            }
            return nil
        }
    }

    private static func target(
        of path: String,
        option: String,
        format: ReportFormat
    ) throws -> Target {
        var status = stat()
        if stat(path, &status) == 0 {
            switch FileKind(status) {
            case .directory: throw refusal(option, path, "it is a directory")
            case .pipe, .device, .socket: return .special(FileIdentity(status))
            case .file, .link, .nothing: break
            }
        }
        // A person's symbolic link is followed, so that it stays a link.
        let real = try destination(of: path, option: option)
        try refuseState(real, option: option, named: path)
        let parent = real.parentPath
        do {
            try FileManager.default.createDirectory(
                atPath: parent,
                withIntermediateDirectories: true
            )
            let directory = try Directory(following: parent)
            try directory.checkWritable()
            return .file(directory, name: (real as NSString).lastPathComponent)
        } catch let error as FileError {
            throw refusal(option, path, words(error))
        } catch {
            throw refusal(option, path, "\(parent) can't be made: \(error.localizedDescription)")
        }
    }

    /// Returns the path that a link leads to, which need not exist; the path itself if it is no link.
    private static func destination(of path: String, option: String) throws -> String {
        var path = path
        for _ in 0..<40 {
            var target = [CChar](repeating: 0, count: Int(PATH_MAX))
            let count = readlink(path, &target, target.count)
            guard count > 0 else { return path }
            let text = String(
                decoding: target[..<count].map(UInt8.init(bitPattern:)),
                as: UTF8.self
            )
            path = text.hasPrefix("/") ? text : path.parentPath + "/" + text
        }
        throw refusal(option, path, "its links lead in a circle")
    }

    /// Refuses paths among Quire's own state files and task directories.
    private static func refuseState(_ real: String, option: String, named path: String) throws {
        // A directory in the path may be a link, too.
        let parent = real.parentPath.withoutLinksRepaired ?? real.parentPath
        let parts = (parent + "/-").split(separator: "/")
        let isInTask = parts.lastIndex(of: ".autonomous").map { $0 < parts.count - 2 } ?? false
        let isState = ["quire.db", "run.lock"].contains {
            FileKind(real.parentPath + "/" + $0) != .nothing
        }
        guard !isInTask, !isState else {
            throw refusal(option, path, "it is where Quire keeps its state and its tasks")
        }
    }

    /// Opens a file that others append to as well, for a report that nobody asked for by name.
    ///
    /// Any contents are allowed; only `manifest`, even through a link, and Quire's own files are refused.
    ///
    /// - Throws: `Trouble` if the file can't or must not be opened.
    static func openShared(
        _ path: String,
        option: String,
        sparing manifest: String?
    ) throws -> FileHandle {
        let path = path.absolutePath
        try refuseState(try destination(of: path, option: option), option: option, named: path)
        // Without O_NONBLOCK, a pipe without a reader would block the end of the run.
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
        let descriptor = Glibc.open(path, flags, 0o644)
        guard descriptor >= 0 else {
            throw refusal(option, path, String(cString: strerror(errno)))
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw refusal(option, path, String(cString: strerror(errno)))
        }
        if let manifest, FileIdentity(manifest) == FileIdentity(status) {
            throw refusal(option, path, "it is the manifest of this run")
        }
        return handle
    }

    /// Throws if the file holds anything that must not be overwritten.
    private func checkContents() throws {
        guard case .file(let directory, let name) = target else { return }
        let beginning: [UInt8]?
        do {
            beginning = try directory.contents(of: name, limit: 4096)
        } catch {
            throw refusal(Self.words(error))
        }
        guard let beginning, !beginning.isEmpty, !format.isFormat(of: beginning) else { return }
        throw refusal("there is a file that is not \(format.words), and it is left as it is")
    }

    /// The inherited descriptor that the path names; `nil` for a file of its own.
    var descriptor: Int32? { if case .descriptor(let number) = target { number } else { nil } }

    /// Returns the stream for lines to people beside reports in these files: standard error if a report
    /// or, with `hasAnswer`, the answer of `--json` goes to standard output.
    ///
    /// - Throws: `Trouble` with status 64 if two of them name the same file.
    static func output(besides files: [ReportFile?], hasAnswer: Bool) throws -> StandardStream {
        try checkDistinct(files)
        let file = files.compactMap(\.self).first { $0.descriptor == STDOUT_FILENO }
        guard let file else { return hasAnswer ? .error : .output }
        guard !hasAnswer else {
            throw Trouble(
                "\(file.option) and --json both go to standard output; name a file for the report",
                status: ExitStatus.usage
            )
        }
        return .error
    }

    /// Refuses two options that name the same file: one would overwrite or garble the other's text.
    ///
    /// - Throws: `Trouble` with status 64 that names both options.
    private static func checkDistinct(_ files: [ReportFile?]) throws {
        let files = files.compactMap(\.self)
        for (place, file) in files.enumerated() {
            guard let other = files[..<place].first(where: file.isSame) else { continue }
            throw Trouble(
                "\(other.option) and \(file.option) name the same file, \(file.path); name another one",
                status: ExitStatus.usage
            )
        }
    }

    private func isSame(as other: ReportFile) -> Bool {
        switch (target, other.target) {
        case (.file(let directory, let name), .file(let otherDirectory, let otherName)):
            directory.identity == otherDirectory.identity && name == otherName
        // Output to `/dev/null` is not mixed.
        case (.special(let identity), .special(let other)):
            identity == other && path != "/dev/null"
        case (.descriptor(let number), .descriptor(let other)): number == other
        default: false
        }
    }

    /// Writes the file: into a temporary file first, which then replaces it, so that nobody sees half of it.
    ///
    /// A reader that closes early wanted no more: that is a warning, not an error.
    ///
    /// - Throws: `Trouble` if the write fails.
    func write(_ text: String) throws {
        let bytes = Array(text.utf8)
        switch target {
        case .file(let directory, let name):
            try checkContents()
            do {
                try directory.replace(name, with: bytes)
            } catch {
                throw refusal(Self.words(error))
            }
        case .special(let identity):
            let descriptor: Int32
            do {
                descriptor = try Self.open(path, identity)
            } catch {
                throw refusal(error.errno == ENXIO ? "nobody reads it" : "\(error)")
            }
            defer { close(descriptor) }
            try write(bytes, to: descriptor)
        case .descriptor(let number): try write(bytes, to: number)
        }
    }

    /// Returns a function that opens the file for appending.
    ///
    /// A plain file is opened now, once; a pipe later, once somebody reads it. The pipe is opened for writing
    /// only, so that a closed reader is noticed.
    ///
    /// - Throws: `Trouble` if opening fails.
    func opening() throws -> LogWriter.Opening {
        let descriptor: Int32
        switch target {
        case .file(let directory, let name):
            do {
                descriptor = try directory.openForAppending(name)
            } catch {
                throw refusal(Self.words(error))
            }
        case .special(let identity):
            return { [path] () throws(LoopError) in try Self.open(path, identity) }
        case .descriptor(let number): descriptor = dup(number)
        }
        return { () throws(LoopError) in descriptor }
    }

    /// Opens a pipe or a device, without waiting for a reader.
    private static func open(_ path: String, _ identity: FileIdentity) throws(LoopError) -> Int32 {
        let descriptor = Glibc.open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard descriptor >= 0 else { throw LoopError("opening \"\(path)\"", errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, FileIdentity(status) == identity else {
            close(descriptor)
            throw LoopError("opening \"\(path)\": something else was put in its place", EINVAL)
        }
        return descriptor
    }

    /// The milliseconds that a reader may leave the pipe full.
    private static let patience: Int32 = 10_000

    private func write(_ bytes: [UInt8], to descriptor: Int32) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if errno == EAGAIN {
                var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&wait, 1, Self.patience) != 0 else {
                    throw refusal("its reader has taken nothing for 10 seconds")
                }
            } else if errno == EPIPE {
                return Terminal.complain(
                    "warning: the reader of \(option) (\(path)) has closed it: nothing more is written there"
                )
            } else if errno != EINTR {
                throw refusal(String(cString: strerror(errno)))
            }
        }
    }

    /// Returns an error's words; the advice in `FileError` is for Quire's own paths and doesn't fit a
    /// report's.
    private static func words(_ error: any Error) -> String {
        guard let error = error as? FileError, error.code == ENAMETOOLONG else { return "\(error)" }
        return "its name is too long"
    }

    private func refusal(_ reason: String) -> Trouble { Self.refusal(option, path, reason) }

    private static func refusal(_ option: String, _ path: String, _ reason: String) -> Trouble {
        Trouble(
            "\(option): \(path) can't be written: \(reason); name another file",
            status: ExitStatus.missing
        )
    }
}

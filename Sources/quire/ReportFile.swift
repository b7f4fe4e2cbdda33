import Application
import Autonomous
import EventLoop
import FileAccess
import Foundation
import Glibc
import Reporting

/// The kinds of files that Quire writes where it is told to.
enum ReportFormat {
    case junit, markdown, events, page, dispatches

    /// The first line of a log of dispatches.
    static let dispatchesHeader = "# policy slots seconds task session slot why\n"

    /// The format in words.
    var words: String {
        switch self {
        case .junit: "JUnit XML"
        case .markdown: "a Markdown report of Quire's"
        case .events: "JSON Lines of Quire's"
        case .page: "a page of Quire's"
        case .dispatches: "a log of dispatches"
        }
    }

    /// Whether a file that begins like this has the format: an earlier run wrote it, and another one
    /// may write it again.
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
/// Nothing is overwritten but what an earlier run wrote, an empty file, or none: a manifest, a file of
/// the state or anything of others' in its place is told, and left as it is. The file is found once;
/// what is put in its place later is not written to.
struct ReportFile {
    private enum Target {
        case file(Directory, name: String)
        /// A pipe, a terminal or another device that was named on purpose.
        case special(FileIdentity)
        /// A descriptor that Quire was started with.
        case descriptor(Int32)
    }

    /// The option that named it, for messages.
    let option: String
    /// The file's path as it was named.
    let path: String
    private let format: ReportFormat
    private let target: Target

    /// Names a file and makes sure that it can be written: its directory is made, and tried.
    ///
    /// - Throws: `Trouble` where it can't, or may not.
    init(option: String, path: String, format: ReportFormat) throws {
        let descriptor = Self.inherited(path)
        // A descriptor has no other name than this.
        self.path = descriptor == nil ? path.absolutePath : path
        (self.option, self.format) = (option, format)
        target =
            try descriptor.map(Target.descriptor)
            ?? Self.target(of: self.path, option: option, format: format)
        try checkContents()
    }

    /// The descriptor that a path stands for: `-`, `/dev/stdout`, or what a shell makes of `>(…)`.
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
        // Where a link leads that a person made, so that it stays one.
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

    /// The path that a link leads to, of a file that need not exist; the path itself for no link.
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

    /// Refuses what is Quire's own: a report is none of it, and none of it is in a report's place.
    private static func refuseState(_ real: String, option: String, named path: String) throws {
        // A directory on the way may be a link, too.
        let parent = realpath(real.parentPath, nil).map { path in
            defer { free(path) }
            return String(cString: path)
        }
        let parts = ((parent ?? real.parentPath) + "/-").split(separator: "/")
        let isInTask = parts.lastIndex(of: ".autonomous").map { $0 < parts.count - 2 } ?? false
        let isState = ["quire.db", "run.lock"].contains {
            FileKind(real.parentPath + "/" + $0) != .nothing
        }
        guard !isInTask, !isState else {
            throw refusal(option, path, "it is where Quire keeps its state and its tasks")
        }
    }

    /// Opens a file that others add to as well, at its end, for what was not asked for by name.
    ///
    /// Its contents are anybody's, so that nothing tells what it is but its place: `manifest`, which
    /// may be reached through a link, and Quire's own files are refused.
    ///
    /// - Throws: `Trouble` where it can't be opened, or may not.
    static func openShared(
        _ path: String,
        option: String,
        sparing manifest: String?
    ) throws -> FileHandle {
        let path = path.absolutePath
        try refuseState(try destination(of: path, option: option), option: option, named: path)
        // A pipe that nobody reads must not keep the run from its end.
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

    /// Makes sure that what stands in the file's place may be written over.
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

    /// The descriptor that Quire was started with and that this is; `nil` for a file of its own.
    var descriptor: Int32? { if case .descriptor(let number) = target { number } else { nil } }

    /// Whether it leads to standard output.
    var isStandardOutput: Bool { descriptor == STDOUT_FILENO }

    /// Refuses files that are one: what one option writes would be lost or mixed with another's.
    ///
    /// - Throws: `Trouble` with status 64 that names both options.
    static func checkDistinct(_ files: [ReportFile?]) throws {
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
        // What is thrown away is not mixed.
        case (.special(let identity), .special(let other)):
            identity == other && path != "/dev/null"
        case (.descriptor(let number), .descriptor(let other)): number == other
        default: false
        }
    }

    /// Writes the file: beside its place, and then into it, so that nobody sees half of it.
    ///
    /// A reader that has left wanted no more, which is told.
    ///
    /// - Throws: `Trouble` where that fails.
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

    /// A way to open the file, which is not a descriptor of Quire's caller, to append to it.
    ///
    /// A plain file is opened now, once; a pipe when somebody reads it, for writing alone, so that its
    /// reader's end is noticed.
    ///
    /// - Throws: `Trouble` where that fails.
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

    /// Opens a pipe or a device, without waiting for anybody at its other end.
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

    /// How long a reader may take nothing.
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

    /// An error's words; what they advise for Quire's own places is none for a report's.
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

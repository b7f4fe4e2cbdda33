import Descendants
package import EventLoop
import FileAccess
import Glibc

/// The mark of a terminal that a process of Quire's changed, for the case that it is killed.
///
/// A file of the user's own for each terminal names the process, the session of processes that the terminal
/// belongs to, and the terminal's former modes. The next start of Quire on that terminal restores it. A mark that
/// can't be written costs that, and nothing else.
package struct TerminalMark {
    private static let title = "quire terminal 1"
    /// The most bytes of a mark.
    private static let limit = 4096

    private let directory: String
    private let name: String

    /// Makes the mark of a terminal; `nil` if the descriptor is none, or the user has no place for marks.
    package init?(of descriptor: Int32, environment: [String: String]) {
        var status = stat()
        guard isatty(descriptor) == 1, fstat(descriptor, &status) == 0,
            let directory = UserState.directory(environment)
        else { return nil }
        self.directory = directory
        name = "terminal-\(status.st_rdev)"
    }

    /// The functions that a screen calls before it changes the terminal, and once it has restored it.
    package var functions: TerminalScreen.Mark {
        TerminalScreen.Mark(set: set, remove: remove)
    }

    private func set(_ modes: [UInt8]) {
        let hex = modes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let lines = [Self.title, Self.words(.own), Self.words(ProcessID(getsid(0))), hex]
        let text = lines.joined(separator: "\n") + "\n"
        let place = try? Directory.open(directory, made: true, isPrivate: true)
        try? place?.replace(name, with: Array(text.utf8), isDurable: false)
    }

    private func remove() {
        guard let place = try? Directory.open(directory, made: false) else { return }
        place.remove(name)
    }

    /// Restores the terminal if the process that changed it was killed.
    ///
    /// A mark of another terminal that had the same device is removed.
    package func restore(_ descriptor: Int32) {
        // Nearly always there is none, and that is one call.
        guard FileKind("\(directory)/\(name)") == .file,
            let place = try? Directory.open(directory, made: false),
            place.status(of: name)?.st_uid == geteuid(),
            let bytes = try? place.contents(of: name, limit: Self.limit)
        else { return }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard lines.count == 4, lines[0] == Self.title, let process = Self.process(lines[1]),
            let session = Self.process(lines[2]), let modes = Self.bytes(lines[3])
        else { return remove() }
        guard !process.mayBeAlive else { return }
        if session == ProcessID(getsid(0)) { LostScreen.restore(descriptor, modes: modes) }
        remove()
    }

    private static func words(_ process: ProcessID) -> String {
        "\(process.pid) \(process.start)"
    }

    private static func process(_ words: Substring) -> ProcessID? {
        let numbers = words.split(separator: " ")
        guard numbers.count == 2, let pid = Int32(numbers[0]), let start = UInt64(numbers[1]) else {
            return nil
        }
        return ProcessID(pid: pid, start: start)
    }

    private static func bytes(_ hex: Substring) -> [UInt8]? {
        let digits = hex.utf8.compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
        guard digits.count == hex.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8(digits[$0] * 16 + digits[$0 + 1])
        }
    }
}

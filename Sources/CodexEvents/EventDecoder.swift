/// Turns a session's standard output into events, however it is cut into pieces.
///
/// A newline always ends a record: inside a string of a real one it would be escaped, so what
/// follows a raw newline can never pass for an event. Memory is bounded whatever a line's length:
/// of a long string only the beginning is kept, and a line with too much else is given up.
package struct EventDecoder: Sendable {
    /// The bytes of a string that are kept.
    static let stringLimit = 16 * 1024
    /// The bytes of a line that are kept, long strings shortened.
    static let lineLimit = 256 * 1024

    private enum Place: Sendable {
        /// Before the first byte of the stream.
        case start
        /// Outside of strings.
        case structure
        /// In a string that is kept so far.
        case string
        /// After a backslash in a string that is kept so far.
        case escape
        /// In a string whose rest is dropped.
        case droppedString
        /// After a backslash in a string whose rest is dropped.
        case droppedEscape
        /// In a line that is given up.
        case givenUp
    }

    private var place = Place.start
    private var line: [UInt8] = []
    private var stringStart = 0
    /// Where the newest escape of the form `\u0000` ends in the line.
    private var escapeEnd = 0
    /// Bytes dropped from the string that begins here, in order.
    private var drops: [DroppedBytes] = []

    /// Makes a decoder for one session's output from its start.
    package init() {}

    /// Takes the next bytes and emits the events that they complete.
    package mutating func decode(_ bytes: Span<UInt8>, _ emit: (CodexEvent) -> Void) {
        var next = 0
        while next < bytes.count {
            switch place {
            case .droppedString: next = skipString(bytes, from: next)
            case .givenUp: next = skipLine(bytes, from: next)
            default: next = keep(bytes, from: next)
            }
            if next < bytes.count, bytes[next] == UInt8(ascii: "\n") {
                endLine(emit)
                next += 1
            }
        }
    }

    /// Takes the end of the output: a last line without its newline counts if it is whole.
    package mutating func finish(_ emit: (CodexEvent) -> Void) {
        endLine(emit)
    }

    /// Keeps bytes up to a newline or a change of place that another loop handles better.
    private mutating func keep(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var next = start
        while next < bytes.count {
            let byte = bytes[next]
            if byte == UInt8(ascii: "\n") { return next }
            step(byte)
            next += 1
            if place == .droppedString || place == .givenUp { return next }
        }
        return next
    }

    private mutating func step(_ byte: UInt8) {
        switch place {
        case .start, .structure:
            place = byte == UInt8(ascii: "\"") ? .string : .structure
            stringStart = line.count + 1
        case .string:
            if byte == UInt8(ascii: "\"") {
                place = .structure
            } else if mayCut(before: byte) {
                drops.append(DroppedBytes(stringStart: stringStart, count: 1))
                place = byte == UInt8(ascii: "\\") ? .droppedEscape : .droppedString
                return
            } else if byte == UInt8(ascii: "\\") {
                place = .escape
            }
        case .escape:
            if byte == UInt8(ascii: "u") { escapeEnd = line.count + 5 }
            place = .string
        case .droppedEscape:
            drops[drops.count - 1].count += 1
            place = .droppedString
            return
        case .droppedString, .givenUp: return
        }
        line.append(byte)
        if line.count > Self.lineLimit { place = .givenUp }
    }

    /// Whether the string is long enough, and this is a place between characters and escapes.
    private func mayCut(before byte: UInt8) -> Bool {
        line.count - stringStart >= Self.stringLimit && byte & 0xC0 != 0x80
            && line.count >= escapeEnd
    }

    private mutating func skipString(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var next = start
        scan: while next < bytes.count {
            switch bytes[next] {
            case UInt8(ascii: "\\"):
                place = .droppedEscape
                next += 1
                break scan
            case UInt8(ascii: "\""):
                line.append(UInt8(ascii: "\""))
                place = .structure
                drops[drops.count - 1].count += next - start
                return next + 1
            case UInt8(ascii: "\n"): break scan
            default: next += 1
            }
        }
        drops[drops.count - 1].count += next - start
        return next
    }

    private func skipLine(_ bytes: Span<UInt8>, from start: Int) -> Int {
        var next = start
        while next < bytes.count, bytes[next] != UInt8(ascii: "\n") { next += 1 }
        return next
    }

    private mutating func endLine(_ emit: (CodexEvent) -> Void) {
        defer {
            line.removeAll(keepingCapacity: line.count <= 64 * 1024)
            drops.removeAll()
            escapeEnd = 0
            place = .structure
        }
        if place == .givenUp { return emit(.undecodable(undecodable(.tooLong))) }
        guard line.contains(where: { !$0.isJSONSpace }) else { return }
        guard let value = JSONLine(line, drops: drops).parse() else {
            return emit(.undecodable(undecodable(.notJSON)))
        }
        emit(CodexEvent(value) ?? .undecodable(undecodable(.notAnEvent)))
    }

    private func undecodable(_ reason: Undecodable.Reason) -> Undecodable {
        Undecodable(
            reason: reason,
            sample: String(decoding: line.prefix(200), as: UTF8.self)
        )
    }
}

/// Bytes that were dropped from a string.
struct DroppedBytes: Sendable {
    /// Where the string's contents begin in the kept line.
    var stringStart: Int
    var count: Int
}

extension UInt8 {
    var isJSONSpace: Bool {
        self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") || self == UInt8(ascii: "\r")
            || self == UInt8(ascii: "\n")
    }
}

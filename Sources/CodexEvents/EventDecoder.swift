import Codec

/// Decodes a session's standard output into events, however it is cut into pieces.
///
/// A newline always ends a record: within a string it would be escaped, so nothing after a raw newline
/// can pass for an event. Memory is bounded whatever a line's length.
package struct EventDecoder: Sendable {
    /// The items to emit; other events are always emitted.
    package enum Steps: Sendable {
        /// All items.
        case all
        /// No items: they are counted, and `newestStep` is the last one if no other event followed it.
        case newest
        /// All items until one shows that the agent can work, and from there on as `newest`.
        case untilWork
    }

    /// Number of items passed over without being emitted.
    package private(set) var passed = 0

    /// True if an answer was passed over since `takePassedAnswer` was last called.
    private var hasPassedAnswer = false

    private var steps: Steps
    private let longestLine: Int
    /// The beginning of an incomplete line; in `long` instead if that is set.
    private var line: [UInt8] = []
    private var long: LongLine?
    /// The line of the newest item that was passed over.
    private var newest: [UInt8] = []

    /// Makes a decoder for one session's output from its start.
    ///
    /// In a line with more bytes than `longestLine`, only the beginnings of long strings are kept;
    /// `nil` stands for the limit of a run, 64 KiB.
    package init(steps: Steps = .all, longestLine: Int? = nil) {
        self.steps = steps
        self.longestLine = longestLine ?? Scanner.longestLine
    }

    /// Decodes the next bytes and emits the events that they complete.
    package mutating func decode(_ bytes: Span<UInt8>, _ emit: (CodexEvent) -> Void) {
        var next = line.isEmpty && long == nil ? 0 : takeLine(bytes, continues: true, emit)
        while next < bytes.count {
            let rest = bytes.extracting(next...)
            next += steps == .newest ? passItems(rest) : 0
            guard next < bytes.count else { return }
            next += takeLine(bytes.extracting(next...), emit)
        }
    }

    /// Ends the output: a last line without a newline counts if it is whole.
    package mutating func finish(_ emit: (CodexEvent) -> Void) {
        if !line.isEmpty || long != nil { endKeptLine(emit) }
    }

    /// The newest item, if it was passed over and no other event followed.
    package var newestStep: CodexEvent? {
        newest.isEmpty ? nil : JSONLine(newest).parse().flatMap(CodexEvent.init)
    }

    /// Returns true if an item that was passed over and followed by another event was an answer of the
    /// model; resets that.
    package mutating func takePassedAnswer() -> Bool {
        defer { hasPassedAnswer = false }
        return hasPassedAnswer
    }

    /// Passes over lines that are items; returns their length.
    private mutating func passItems(_ bytes: Span<UInt8>) -> Int {
        let items = Scanner.items(in: bytes)
        guard items.count > 0 else { return 0 }
        passed += items.count
        newest.removeAll(keepingCapacity: true)
        newest.append(bytes.extracting(items.newestStart..<(items.passed - 1)))
        return items.passed
    }

    /// Consumes one line, or its beginning where the rest has not come; returns the length.
    ///
    /// The rest of a line that began earlier (`continues`) may show that the line is an item.
    private mutating func takeLine(
        _ bytes: Span<UInt8>,
        continues: Bool = false,
        _ emit: (CodexEvent) -> Void
    ) -> Int {
        let end = Scanner.newline(in: bytes)
        keep(bytes.extracting(..<end))
        guard end < bytes.count else { return end }
        let isItem = continues && steps == .newest && long == nil && passKeptLine()
        if !isItem { endKeptLine(emit) }
        return end + 1
    }

    /// Passes over the kept line if it is an item.
    private mutating func passKeptLine() -> Bool {
        var whole: [UInt8] = []
        swap(&whole, &line)
        whole.append(UInt8(ascii: "\n"))
        let isPassed = passItems(whole.span) > 0
        if isPassed {
            whole.removeAll(keepingCapacity: whole.count <= 4096)
        } else {
            whole.removeLast()
        }
        line = whole
        return isPassed
    }

    private mutating func keep(_ bytes: Span<UInt8>) {
        if long != nil {
            long?.append(bytes)
        } else if line.count + bytes.count <= longestLine {
            line.append(bytes)
        } else {
            var long = LongLine()
            long.append(line.span)
            long.append(bytes)
            self.long = long
            line = []
        }
    }

    private mutating func endKeptLine(_ emit: (CodexEvent) -> Void) {
        let event = long.map(Self.event) ?? Self.event(line)
        line.removeAll(keepingCapacity: line.count <= 4096)
        long = nil
        guard let event else { return }
        if case .undecodable = event {} else { dropNewest() }
        if steps == .untilWork, event.showsWork { steps = .newest }
        emit(event)
    }

    private mutating func dropNewest() {
        if !hasPassedAnswer { hasPassedAnswer = newestStep?.isAnswer ?? false }
        newest = []
    }

    private static func event(_ long: LongLine) -> CodexEvent? {
        guard !long.isGivenUp else { return .undecodable(undecodable(.tooLong, long.bytes)) }
        return event(long.bytes, drops: long.drops)
    }

    /// Returns the event of a line; `nil` if the line is empty.
    private static func event(_ line: [UInt8], drops: [DroppedBytes] = []) -> CodexEvent? {
        guard line.contains(where: { !$0.isJSONSpace }) else { return nil }
        guard let value = JSONLine(line, drops: drops).parse() else {
            return .undecodable(undecodable(.notJSON, line))
        }
        return CodexEvent(value) ?? .undecodable(undecodable(.notAnEvent, line))
    }

    private static func undecodable(_ reason: Undecodable.Reason, _ line: [UInt8]) -> Undecodable {
        Undecodable(
            reason: reason,
            sample: String(decoding: line.prefix(200), as: UTF8.self)
        )
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
    }
}

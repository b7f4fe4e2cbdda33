import CodexEvents

/// What the decoder promises of any bytes: for the fuzzer and for the tests that replay what it
/// found worth keeping.
public enum DecoderPromises {
    /// The promise that an input breaks; `nil` when all are kept.
    ///
    /// The first two bytes choose where the rest is cut.
    public static func broken(by input: [UInt8]) -> String? {
        guard input.count > 2 else { return nil }
        let bytes = Array(input.dropFirst(2))
        let cuts = Array(stride(from: Int(input[1]), to: bytes.count, by: 1 + Int(input[0])))
        let whole = Outcome(bytes, cuts: [], steps: .all)
        if Outcome(bytes, cuts: cuts, steps: .all) != whole { return "a cut changes the events" }
        if Outcome(bytes, cuts: [], steps: .newest) != whole.withoutSteps {
            return "passing over loses something"
        }
        if Outcome(bytes, cuts: cuts, steps: .newest) != whole.withoutSteps {
            return "a cut changes what is passed over"
        }
        return nil
    }

    /// What a decoder makes of some bytes, cut at these places.
    private struct Outcome: Equatable {
        /// All events; without the steps of the work, where these may be passed over.
        var events: [CodexEvent] = []
        var steps = 0
        private let mode: EventDecoder.Steps

        init(_ bytes: [UInt8], cuts: [Int], steps mode: EventDecoder.Steps) {
            self.mode = mode
            var decoder = EventDecoder(steps: mode)
            var start = 0
            for end in cuts + [bytes.count] where end > start {
                decoder.decode(bytes.span.extracting(start..<end)) { add($0) }
                start = end
            }
            decoder.finish { add($0) }
            steps += decoder.passed
            // Whatever the newest step says, it can be shown.
            _ = decoder.newestStep?.summary
        }

        private mutating func add(_ event: CodexEvent) {
            let isStep = Self.isStep(event)
            if isStep { steps += 1 }
            if !isStep || mode == .all { events.append(event) }
        }

        private static func isStep(_ event: CodexEvent) -> Bool {
            if case .item = event { true } else { false }
        }

        /// What is left where the steps of the work may be passed over.
        var withoutSteps: Outcome { Outcome(events.filter { !Self.isStep($0) }, steps: steps) }

        private init(_ events: [CodexEvent], steps: Int) {
            (self.events, self.steps) = (events, steps)
            mode = .newest
        }
    }
}

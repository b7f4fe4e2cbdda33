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
        if Outcome(bytes, cuts: [], steps: .newest) != whole {
            return "passing over loses something"
        }
        if Outcome(bytes, cuts: cuts, steps: .newest) != whole {
            return "a cut changes what is passed over"
        }
        return nil
    }

    /// What a decoder makes of some bytes, cut at these places.
    private struct Outcome: Equatable {
        var events: [CodexEvent] = []
        var steps = 0

        init(_ bytes: [UInt8], cuts: [Int], steps mode: EventDecoder.Steps) {
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
            if case .item = event { steps += 1 } else { events.append(event) }
        }
    }
}

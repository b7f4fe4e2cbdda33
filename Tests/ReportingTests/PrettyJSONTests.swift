import Foundation
import Orchestration
import Testing

@testable import Reporting

/// A value with all that answers are made of.
private struct Sample: Codable, Equatable {
    struct Inner: Codable, Equatable {
        var zebra: Int
        var aNumber: Double
        var lastActivity: Int64
    }

    enum Word: String, Codable { case one, two }

    var secondKey: String
    var firstKey: Int64
    var isTrue: Bool
    var part: Double
    var missing: String?
    var present: String?
    var word: Word
    var inner: Inner
    var rows: [Inner]
    var names: [String]
    var numbers: [Int]
    var counts: [String: Int]
    var innerByName: [String: Inner]

    init(using generator: inout SplitMix64) {
        let alphabet: [String] = [
            "a", "Z", "_", "\"", "\\", "/", "\n", "\r", "\t", "\u{8}", "\u{0}", "\u{1F}", "ü", "漢",
            "👩‍👩‍👧",
            "{", "}", "[", ",", ":", " ",
        ]
        func text(_ generator: inout SplitMix64) -> String {
            (0..<Int.random(in: 0...12, using: &generator))
                .map { _ in alphabet.randomElement(using: &generator) ?? "" }.joined()
        }
        func inner(_ generator: inout SplitMix64) -> Inner {
            Inner(
                zebra: Int.random(in: -9...9, using: &generator),
                aNumber: Double.random(in: -1e9...1e9, using: &generator),
                lastActivity: Int64.random(in: 0...9_000_000_000_000, using: &generator)
            )
        }
        secondKey = text(&generator)
        firstKey = Int64.random(in: .min ... .max, using: &generator)
        isTrue = Bool.random(using: &generator)
        part = [0, -0.5, 1, 1e300, 1e-300, 0.1].randomElement(using: &generator) ?? 0
        present = Bool.random(using: &generator) ? text(&generator) : nil
        word = Bool.random(using: &generator) ? .one : .two
        self.inner = inner(&generator)
        rows = (0..<Int.random(in: 0...3, using: &generator)).map { _ in inner(&generator) }
        names = (0..<Int.random(in: 0...3, using: &generator)).map { _ in text(&generator) }
        numbers = (0..<Int.random(in: 0...3, using: &generator)).map { $0 * 7 }
        counts = Dictionary(
            (0..<3).map { ("someKey\(text(&generator))", $0) },
            uniquingKeysWith: { first, _ in first }
        )
        innerByName = ["aName": inner(&generator)]
    }
}

@Suite struct `Answers in JSON` {
    @Test(arguments: [false, true])
    func `mean what Foundation's encoder writes, whatever they hold`(keepsKeys: Bool) throws {
        var generator = SplitMix64(seed: keepsKeys ? 1 : 2)
        for _ in 0..<300 {
            let sample = Sample(using: &generator)
            let text = try PrettyJSON.text(of: sample, keepsKeys: keepsKeys)
            let encoder = JSONEncoder()
            if !keepsKeys { encoder.keyEncodingStrategy = .convertToSnakeCase }
            let ours = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary
            let theirs =
                try JSONSerialization.jsonObject(with: encoder.encode(sample)) as? NSDictionary
            #expect(ours != nil && ours == theirs, "\(text)")
            guard keepsKeys else { continue }
            let read = try JSONDecoder().decode(Sample.self, from: Data(text.utf8))
            #expect(read == sample)
        }
    }

    @Test func `have instants as RFC 3339, wherever they stand`() throws {
        struct Answer: Encodable {
            var began: WallTime
            var times: [WallTime?]
        }
        let time = WallTime(millisecondsSinceEpoch: 1_795_946_400_250)
        let text = try JSONText.pretty(Answer(began: time, times: [time, nil])).description
        let stamp = "2026-11-29T10:00:00.250Z"
        #expect(
            text.filter { !$0.isWhitespace }
                == #"{"began":"\#(stamp)","times":["\#(stamp)",null]}"#
        )
    }

    @Test func `have a line for each value, and keys in order`() throws {
        struct Answer: Encodable {
            var zebra = [1, 2]
            var maxSessions = 3
            var empty: [Int] = []
            var byName = ["zName": true, "aName": false]
        }
        #expect(
            try JSONText.pretty(Answer()).description == """
                {
                  "by_name" : {
                    "aName" : false,
                    "zName" : true
                  },
                  "empty" : [],
                  "max_sessions" : 3,
                  "zebra" : [
                    1,
                    2
                  ]
                }
                """
        )
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func `refuse numbers that JSON has not`(number: Double) {
        #expect(throws: EncodingError.self) { try JSONText.pretty(["number": number]) }
    }
}

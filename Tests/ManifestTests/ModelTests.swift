import Orchestration
import Testing

@testable import Manifest

@Suite struct `The models of a task` {
    private static let cases:
        [(defaults: String, task: String, model: String?, models: [String]?)] = [
            ("{}", "", nil, nil), ("{model: m}", "", "m", nil),
            ("{models: [s, l]}", "", nil, ["s", "l"]),
            ("{}", "models: [s, m, l]", nil, ["s", "m", "l"]),
            // A task's own takes the place of the defaults', either way.
            ("{models: [s, l]}", "model: m", "m", nil),
            ("{model: m}", "models: [s, l]", nil, ["s", "l"]),
            ("{models: [s, l]}", "models: [t, u]", nil, ["t", "u"]),
            ("{models: ~}", "model: m", "m", nil),
        ]

    @Test(arguments: cases.indices)
    func `are one that stays, or several that follow one another`(index: Int) throws {
        let (defaults, own, model, models) = Self.cases[index]
        let more = own.isEmpty ? "" : ", \(own)"
        let task = try parse(
            "version: 1\ndefaults: \(defaults)\ntasks: [{name: a, prompt: p\(more)}]"
        ).tasks[0]
        #expect(task.model == model && task.plan.models == models)
    }

    @Test(arguments: [
        ("{model: m, models: [s, l]}", "there are both \"model\""), ("{models: [s]}", "two names"),
        ("{models: []}", "two names"), ("{models: [s, s]}", "twice"),
        ("{models: [s, \"\"]}", "empty"),
        ("{models: s}", "list"), ("{models: [{a: b}, c]}", "each of \"models\""),
        ("{models: {s: l}}", "list"),
    ])
    func `are refused where they are no ladder`(members: String, words: String) {
        for text in [
            "version: 1\ndefaults: \(members)\ntasks: [{name: a, prompt: p}]",
            "version: 1\ntasks: [{name: a, prompt: p, \(members.dropFirst().dropLast())}]",
        ] {
            let told = messages(text)
            #expect(told.contains { $0.contains(words) }, "\(told)")
            #expect(told.count == 1, "\(told)")
        }
    }

    @Test func `leave the verdict off unless it is asked for`() throws {
        for (member, states) in [
            ("", false), (", verdict: true", true), (", verdict: false", false),
        ] {
            let text = "version: 1\ntasks: [{name: a, prompt: p\(member)}]"
            #expect(try parse(text).tasks[0].settings.states == states)
        }
        #expect(messages("version: 1\ntasks: [{name: a, prompt: p, verdict: maybe}]").count == 1)
    }
}

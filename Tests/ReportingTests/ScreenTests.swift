import Foundation
import Orchestration
import Testing

@testable import Reporting

@Suite struct `A run's screen` {
    private static let sizes = [(1, 1), (20, 5), (80, 24), (200, 60)]
        .map { ScreenSize(columns: $0.0, rows: $0.1) }

    @Test func `shows a summary, the slots and the tasks by state, at any size`() throws {
        var text = ""
        for (tasks, slots) in [(12, 4), (500, 64)] {
            let view = ScreenFixture.view(tasks: tasks, slots: slots)
            for size in Self.sizes {
                var model = ScreenModel(host: .watch)
                text += "--- \(tasks) tasks, \(size.columns)x\(size.rows)\n"
                let lines = ScreenFixture.lines(&model, view, size)
                text += lines.map { $0.fitted(size.columns).text + "\n" }.joined()
            }
        }
        try expectGolden(text, "screen.txt")
    }

    @Test func `shows a task, the keys and its questions to the person`() throws {
        let view = ScreenFixture.view(tasks: 30)
        let size = ScreenSize(columns: 80, rows: 24)
        var details = TaskDetails(task: "task-11")
        details.entries = [("1. Read the specification", true), ("2. Port it", false)]
        details.sessions = view.task("task-11")?.history ?? []
        details.log = (1...40).map { "line \($0) of the log" }
        var text = ""
        func show(_ title: String, _ keys: [Key], _ host: ScreenModel.Host = .watch) {
            var model = ScreenModel(host: host)
            text += "--- \(title)\n"
            for key in keys { _ = model.handle(key, view, size: size) }
            let lines = ScreenFixture.lines(&model, view, size, details: details)
            text += lines.map { $0.fitted(size.columns).text + "\n" }.joined()
        }
        let filter: [Key] = "/task-11".map { .character($0) }
        show("a filter", filter)
        show("a task", filter + [.enter, .enter])
        show("its end", filter + [.enter, .enter, .end])
        show("an answer", filter + [.enter] + "athe main one".map { .character($0) })
        show("to stop", [.end, .character("s")])
        show("keys", [.character("?")])
        show("to leave a run", [.character("q")], .run)
        try expectGolden(text, "pages.txt")
    }

    @Test func `is never larger than its terminal`() {
        for view in [ScreenFixture.view(tasks: 0, slots: 0), ScreenFixture.view(tasks: 40)] {
            for columns in [0, 1, 2, 7, 20, 59, 60, 70, 80, 300] {
                for rows in [0, 1, 2, 3, 4, 6, 50] {
                    let size = ScreenSize(columns: columns, rows: rows)
                    var model = ScreenModel(host: .run)
                    for key in [Key.down, .character("/"), .character("é"), .enter, .enter] {
                        _ = model.handle(key, view, size: size)
                        let lines = ScreenFixture.lines(&model, view, size)
                        #expect(lines.count <= rows)
                        #expect(
                            lines.allSatisfy { Columns.count($0.fitted(columns).text) <= columns }
                        )
                    }
                }
            }
        }
    }

    @Test func `keeps the cursor on its task, and in sight`() {
        let view = ScreenFixture.view(tasks: 500)
        let size = ScreenSize(columns: 80, rows: 24)
        let names = ScreenList(view, filter: "").names
        #expect(Set(names).count == 500)
        var model = ScreenModel(host: .watch)
        func selected() -> String? {
            ScreenFixture.lines(&model, view, size).map(\.text).first { $0.hasPrefix("> ") }
        }
        #expect(selected() != nil)
        var place = 0
        let keys: [(Key, Int)] = [
            (.down, 1), (.pageDown, 12), (.up, -1), (.end, 500), (.up, -1), (.pageUp, -12),
            (.character("j"), 1), (.home, -500), (.up, -1),
        ]
        for (key, step) in keys + keys {
            _ = model.handle(key, view, size: size)
            place = max(0, min(499, place + step))
            #expect(model.cursor ?? names[0] == names[place])
            #expect(selected() != nil)
        }
        _ = model.handle(.character("/"), view, size: size)
        _ = model.handle(.paste("needs"), view, size: size)
        _ = model.handle(.enter, view, size: size)
        #expect(selected()?.contains("needs-you") == true)
        _ = model.handle(.escape, view, size: size)
        #expect(ScreenList(view, filter: model.filter).names.count == 500)
    }

    @Test func `asks before it stops or drains anything`() {
        let view = ScreenFixture.view(tasks: 30)
        let size = ScreenSize(columns: 80, rows: 24)
        var model = ScreenModel(host: .run)
        func press(_ keys: String) -> ScreenModel.Effect? {
            var effect: ScreenModel.Effect?
            for key in keys { effect = model.handle(.character(key), view, size: size) ?? effect }
            return effect
        }
        #expect(press("dn") == nil)
        #expect(press("dy") == .steer(.drain))
        #expect(press("p") == .steer(.pause(afterSessions: true)))
        #expect(press("Py") == .steer(.pause(afterSessions: false)))
        #expect(press("r") == .steer(.resume))
        #expect(press("+") == .steer(.setConcurrency(5)))
        #expect(press("-") == .steer(.setConcurrency(3)))
        #expect(press("qn") == nil && press("qd") == .steer(.drain))
        _ = press("c12")
        #expect(model.handle(.enter, view, size: size) == .steer(.setConcurrency(12)))
        _ = press("c0")
        #expect(model.handle(.enter, view, size: size) == nil && model.message != nil)
        // The first task needs a person, and has ended.
        #expect(press("sy") == nil)
        _ = press("ayes")
        #expect(
            model.handle(.enter, view, size: size)
                == .steer(.answer([ScreenList(view, filter: "").names[0]], "yes"))
        )
        var watch = ScreenModel(host: .watch)
        #expect(watch.handle(.character("q"), view, size: size) == .quit)
        let over = ScreenFixture.view(tasks: 30, ended: true)
        #expect(model.handle(.character("q"), over, size: size) == .quit)
    }

    @Test func `is written line by line, and only where it has changed`() throws {
        let size = ScreenSize(columns: 80, rows: 24)
        let views = [30, 31, 90].map { ScreenFixture.view(tasks: $0) }
        var model = ScreenModel(host: .watch)
        var differ = ScreenDiffer(usesColor: true)
        var terminal = GridTerminal(size)
        var random = SplitMix(seed: 7)
        let keys: [Key] = [.down, .up, .end, .home, .enter, .escape, .character("?"), .pageDown]
        for step in 0..<100 {
            let view = views[Int(random.next() % 3)]
            _ = model.handle(keys[Int(random.next() % 8)], view, size: size)
            let lines = ScreenFixture.lines(&model, view, size)
            try terminal.feed(differ.update(lines, size: size).description)
            let wanted = lines.map { line in
                String(line.fitted(80).text.reversed().drop { $0 == " " }.reversed())
            }
            #expect(terminal.texts == wanted, "step \(step)")
            #expect(differ.update(lines, size: size).isEmpty)
        }
        // One line alone.
        var lines = ScreenFixture.lines(&model, views[0], size)
        _ = differ.update(lines, size: size)
        lines[3] = "other"
        #expect(differ.update(lines, size: size) == "\u{1B}[4;1Hother\u{1B}[K")
        differ.forget()
        #expect(differ.update(lines, size: size).description.contains("\u{1B}[2J"))
    }

    @Test func `has no looks without colour`() {
        let view = ScreenFixture.view(tasks: 30)
        let size = ScreenSize(columns: 80, rows: 24)
        var model = ScreenModel(host: .watch)
        var differ = ScreenDiffer(usesColor: false)
        let text = differ.update(ScreenFixture.lines(&model, view, size), size: size).description
        #expect(text.matches(of: /\u{1B}\[[0-9;]*m/).map { String($0.0) } == ["\u{1B}[0m"])
    }
}

extension ScreenLine: ExpressibleByStringLiteral {
    /// Makes a line of a literal.
    public init(stringLiteral value: String) { self.init("\(value)") }
}

/// A generator with a seed.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

@Suite struct `A forecast` {
    private func view(_ lists: [(Int, Int)?], complete: Int = 0, ticked: Int = 0) -> RunView {
        let names = lists.indices.map { "t\($0)" }
        var tasks = names.map { TaskRecord(name: $0) }
        for place in lists.indices {
            tasks[place].progress = lists[place].map { Progress(ticked: $0.0, total: $0.1) }
            if place < complete { tasks[place].outcome = .complete }
        }
        let began = WallTime(millisecondsSinceEpoch: 0)
        let record = RunRecord(LegRecord(run: "r", name: "r", began: began), tasks: tasks)
        return RunView(record, slots: [:], checking: [], ticked: ticked, at: ScreenFixture.now)
    }

    @Test func `of 201 tasks, 14 of them done, is of 7 percent, and not of 54`() {
        let lists: [(Int, Int)?] =
            Array(repeating: (3, 3), count: 14) + Array(repeating: (0, 3), count: 12)
            + Array(repeating: nil, count: 175)
        let view = view(lists, complete: 14, ticked: 42)
        #expect(view.progress == Progress(ticked: 42, total: 78))
        #expect(abs(WorkSizes(view.tasks).share - 14.0 / 201) < 0.001)
        let left = view.timeLeft(at: ScreenFixture.now)
        // 42 entries took ten minutes, and 561 are left.
        #expect(left.map { abs($0.about.inSeconds - 600 * 561 / 42) < 1 } == true)
        #expect(left.map { $0.range.contains($0.about) } == true)
        #expect(left?.words == "about 2h 13m left (1h 46m to 2h 47m)")
    }

    @Test func `is none before three ticks, and none once nothing is left`() {
        #expect(view([(2, 9), nil], ticked: 2).timeLeft(at: ScreenFixture.now) == nil)
        let over = view([(3, 3)], complete: 1, ticked: 3)
        #expect(over.timeLeft(at: ScreenFixture.now) == nil)
        #expect(WorkSizes(over.tasks).share == 1)
        #expect(WorkSizes([]).share == 0)
    }

    @Test func `without lists goes by the tasks`() {
        let view = view([nil, nil, nil, nil], complete: 1)
        #expect(WorkSizes(view.tasks).share == 0.25)
    }

    @Test func `adds the time for which starts are held`() {
        let left = ScreenFixture.view(tasks: 40).timeLeft(at: ScreenFixture.now)
        #expect(left.map { $0.range.lowerBound > .seconds(252) } == true)
    }
}

import Foundation
import Orchestration
import Testing

@testable import Reporting

/// A run of many tasks in all states, with names of all kinds, always the same.
struct ScreenFixture {
    static let now = Moment(awake: .seconds(600), wall: WallTime(millisecondsSinceEpoch: 600_000))
    private static let names = [
        "port-auth", "移植する-決済", "re\u{301}sume\u{301}", "שלום-עולם", "नमस्ते", "🎉-party",
        "evil\u{1B}[31m\u{202E}name", String(repeating: "long-", count: 20),
    ]

    /// Returns the view of a run with so many tasks, of which the first slots work.
    static func view(tasks count: Int, slots: Int = 4, ended: Bool = false) -> RunView {
        let plans = (0..<count).map { number in
            TaskPlan(name: number < names.count ? names[number] : "task-\(number)")
        }
        var plan = RunPlan(concurrency: max(1, slots), tasks: plans)
        plan.prices = Prices(input: 1, cachedInput: 0.1, output: 10)
        var view = RunView()
        func apply(_ fact: RunEvent, at seconds: Int = 0) {
            view.apply(
                fact,
                at: Moment(
                    awake: .seconds(seconds),
                    wall: WallTime(millisecondsSinceEpoch: Int64(seconds) * 1000)
                )
            )
        }
        apply(
            .runBegan(
                RunBegan(run: "/w/m.yaml", name: "demo", pid: 1, quireVersion: "0", plan: plan)
            )
        )
        for (number, task) in plans.enumerated() where number % 9 < 4 || number < slots {
            let running = number < slots
            apply(
                .sessionStarted(
                    SessionStarted(
                        task: task.name,
                        session: 1,
                        slot: running ? number : slots,
                        role: .initializer
                    )
                ),
                at: 10
            )
            guard !running else { continue }
            apply(
                .sessionEnded(
                    SessionEnded(
                        task: task.name,
                        session: 1,
                        verdict: .initialized,
                        charge: .session,
                        seconds: 30,
                        progress: Progress(ticked: 3, total: 3),
                        usage: TokenUsage(input: 5000, cachedInput: 1000, output: 700)
                    )
                ),
                at: 40
            )
            let outcomes: [(Outcome, String)] = [
                (.complete, "every entry is ticked"), (.failed, "exit status 1"),
                (.needsYou, "it asks: which branch?"), (.complete, "every entry is ticked"),
            ]
            let (outcome, reason) = outcomes[number % 9]
            apply(
                .taskEnded(
                    TaskEnded(task: task.name, outcome: outcome, reason: reason, sessions: 1)
                ),
                at: 40
            )
        }
        apply(
            .gateClosed(
                GateClosed(
                    gate: .usageLimit,
                    account: nil,
                    until: now.wall + .seconds(252),
                    reason: "you have hit your limit"
                )
            ),
            at: 590
        )
        for slot in view.slots.values {
            view.noteActivity(slot.key, summary: "runs swift\ttest", at: now)
        }
        if ended {
            apply(.runEnded(RunEnded(ending: .finished, outcomes: [:], unfinished: 0)), at: 600)
        }
        return view
    }

    /// Returns the lines of a screen, as a terminal would show them.
    static func lines(
        _ model: inout ScreenModel,
        _ view: RunView,
        _ size: ScreenSize,
        details: TaskDetails? = nil
    ) -> [ScreenLine] {
        model.draw(
            ScreenContents(view: view, details: details),
            at: now,
            size: size,
            offset: { _ in 7200 }
        )
    }
}

/// A terminal that shows what a differ writes: positions, ends of lines, and looks, which it leaves out.
struct GridTerminal {
    let size: ScreenSize
    private(set) var rows: [[Character]]
    private var row = 0
    private var column = 0

    init(_ size: ScreenSize) {
        self.size = size
        rows = Array(repeating: [], count: size.rows)
    }

    /// The rows' texts, without blanks at their ends.
    var texts: [String] {
        rows.map { row in
            String(String(row).reversed().drop { $0 == " " }.reversed())
        }
    }

    mutating func feed(_ text: String) throws {
        var rest = text[...]
        while let character = rest.first {
            guard character == "\u{1B}" else {
                put(character)
                rest.removeFirst()
                continue
            }
            let sequence = try #require(rest.prefixMatch(of: /\u{1B}\[([0-9;]*)([A-Za-z])/))
            rest = rest[sequence.range.upperBound...]
            let numbers = sequence.1.split(separator: ";").compactMap { Int($0) }
            switch sequence.2 {
            case "H": (row, column) = ((numbers.first ?? 1) - 1, (numbers.last ?? 1) - 1)
            case "J": rows = Array(repeating: [], count: size.rows)
            case "K": rows[row].removeSubrange(min(column, rows[row].count)...)
            case "m": break
            default: Issue.record("an unknown sequence: \(sequence.0.debugDescription)")
            }
        }
    }

    private mutating func put(_ character: Character) {
        #expect((0..<size.rows).contains(row))
        #expect(character != "\n" && character != "\r" && character != "\r\n")
        // A text is written from its line's beginning, character by character.
        if column < rows[row].count {
            rows[row][column] = character
        } else {
            rows[row].append(character)
        }
        column += 1
    }
}

import Codec
import Orchestration
import Reporting
import Simulation
import Testing

@testable import RunStore

/// Puts numbers that no journal should hold into facts.
private struct NumberChanger {
    private static let odd = [
        "0", "-1", "2147483647", "2147483648", "9007199254740992", "9223372036854775807",
        "-9223372036854775808", "18446744073709551615", "1e15", "1e18", "1e308", "-1e308", "0.5",
        "-0.0", "1e-300", "4611686018427387904",
    ]

    var generator: SplitMix64
    private(set) var count = 0

    init(seed: UInt64) { generator = SplitMix64(seed: seed) }

    /// The facts with some of their numbers changed.
    mutating func changed(_ json: String) -> String {
        var result = ""
        var rest = json[...]
        var isInText = false
        while let character = rest.first {
            if character == "\"" { isInText.toggle() }
            let isNumber = !isInText && (character.isNumber || character == "-")
            let number = rest.prefix { isNumber && ($0.isNumber || "+-.eE".contains($0)) }
            if !number.isEmpty, Int.random(in: 0..<12, using: &generator) == 0 {
                result += Self.odd.randomElement(using: &generator) ?? ""
                count += 1
            } else {
                result += number.isEmpty ? rest.prefix(1) : number
            }
            rest = rest.dropFirst(max(1, number.count))
        }
        return result
    }
}

@Suite struct `Numbers in a journal` {
    private func journal(seed: UInt64) -> [World.Batch] {
        var generator = SplitMix64(seed: seed)
        var tasks = (0..<5).map { TaskPlan(name: "t\($0)", maxSessions: 20) }
        tasks[0].budget = Budget(tokens: 1_000_000, cost: 5, wall: .seconds(3600))
        let plan = RunPlan(
            tokensPerMinute: 500_000,
            tasks: tasks,
            budget: RunBudget(Budget(tokens: 90_000_000)),
            prices: Prices(input: 1, cachedInput: 0.1, output: 8)
        )
        var world = World(plan: plan, faults: .random(using: &generator), seed: seed)
        world.run(turns: 300)
        return world.journal
    }

    @Test func `of any size are refused or shown, and end nothing`() throws {
        var changer = NumberChanger(seed: 7)
        var (taken, seed) = (0, UInt64(0))
        while changer.count < 10_000 {
            seed += 1
            var (state, view, gates) = (RunState(), RunView(), GateTimes())
            for batch in journal(seed: seed) {
                let json = try FactEncoder.json(batch.events)
                let odd = try? FactDecoder.decode([RunEvent].self, from: changer.changed(json))
                if odd != nil { taken += 1 }
                let events = odd ?? batch.events
                state.apply(events, at: batch.at)
                for event in events {
                    view.apply(event, at: batch.at)
                    gates.apply(event, at: batch.at.wall)
                    _ = PlainReporter(offset: { _ in 0 })
                        .lines(for: event, at: batch.at, view: view)
                }
            }
            show(view, state)
            goOn(from: state)
        }
        #expect(taken > 100, "\(taken)")
    }

    private func show(_ view: RunView, _ state: RunState) {
        let table = FinalTable.render(view: view, width: 80, hints: [])
        #expect(table.description.contains("TASK"))
        let budget = Budget(tokens: 1, cost: 1)
        _ = SpentWords.overdraft(state.spending.ledger.spent, of: budget)
    }

    /// A new leg on what was read.
    private func goOn(from state: RunState) {
        var orchestrator = Orchestrator(recovering: state, seed: 1)
        let plan = RunPlan(tasks: (0..<5).map { TaskPlan(name: "t\($0)", maxSessions: 20) })
        let began = RunBegan(run: "r", name: "r", pid: 1, quireVersion: "0", plan: plan)
        let start = Moment(awake: .seconds(1), wall: WallTime(millisecondsSinceEpoch: 1 << 40))
        _ = orchestrator.handle([.runBegan(began)], at: start)
        _ = orchestrator.nextDeadline
        var later = start
        later.awake += .seconds(1 << 40)
        _ = orchestrator.handle([], at: later)
    }
}

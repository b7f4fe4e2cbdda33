import Testing

@testable import Driver

@Suite struct `The stages of a session's end` {
    private static func orders<Element>(of elements: [Element]) -> [[Element]] {
        guard !elements.isEmpty else { return [[]] }
        return elements.indices.flatMap { index in
            var rest = elements
            let first = rest.remove(at: index)
            return orders(of: rest).map { [first] + $0 }
        }
    }

    @Test func `come one after another, and lead to one decision in every order of the facts`() {
        let orders = Self.orders(of: SessionStages.Fact.allCases)
        #expect(orders.count == 5040)
        for order in orders {
            var stages = SessionStages()
            var begun: [SessionStages.Stage] = [.running]
            for (count, fact) in order.enumerated() {
                #expect(stages.stage != .decided)
                begun += stages.note(fact)
                let noted = Set(order[...count])
                #expect(!stages.stage.awaits.isSubset(of: noted) || stages.stage == .decided)
            }
            #expect(begun == SessionStages.Stage.allCases && stages.stage == .decided)
            for fact in order { #expect(stages.note(fact).isEmpty) }
        }
    }

    @Test func `each wait for a fact of their own`() {
        let awaited = SessionStages.Stage.allCases.flatMap(\.awaits)
        #expect(awaited.count == SessionStages.Fact.allCases.count)
        #expect(Set(awaited) == Set(SessionStages.Fact.allCases))
    }

    private static let progress: [(SessionStages.Fact, SessionStages.Stage)] = [
        (.processExited, .running), (.outputEnded, .writing), (.logWritten, .inspecting),
        (.listLookedAt, .saving), (.threadSaved, .counting), (.usageRead, .clearing),
        (.descendantsGone, .decided),
    ]

    @Test func `wait where a fact is missing`() {
        for missing in SessionStages.Fact.allCases {
            var stages = SessionStages()
            for (fact, _) in Self.progress where fact != missing { _ = stages.note(fact) }
            #expect(stages.stage.awaits.contains(missing))
        }
        var stages = SessionStages()
        for (fact, stage) in Self.progress {
            _ = stages.note(fact)
            #expect(stages.stage == stage)
        }
    }
}

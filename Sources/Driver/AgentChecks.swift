import Agent
import Orchestration

/// The preflight of a leg while it is under way, and its result.
final class AgentChecks {
    /// The result of all checks.
    struct Result {
        /// The reasons why no session can do its work; empty if sessions may start.
        var refusals: [String] = []
        /// The messages about requests that an agent can't meet.
        var warnings: [String] = []

        /// The warnings as events of the leg.
        var events: [Event] { warnings.map { .warned(Warned(task: nil, message: $0)) } }
    }

    /// The abilities of the agents, as far as they were checked.
    let abilities: KnownAbilities
    private let preflight: Preflight
    private var left: Int
    private var result = Result()
    private var then: ((Result) -> Void)?

    init(_ preflight: Preflight) {
        (self.preflight, abilities) = (preflight, KnownAbilities(preflight))
        left = preflight.cases.count
    }

    /// Starts the checks, each on a worker thread.
    func begin(on loop: any DriverLoop) {
        for one in preflight.cases {
            loop.perform { [preflight, abilities] in
                let (one, checkUp) = preflight.check(one)
                abilities.note(checkUp.abilities, of: one)
                return (refusals: checkUp.refusals, warnings: checkUp.warnings)
            } then: { [weak self] found in
                self?.note(found.refusals, found.warnings)
            }
        }
    }

    /// Calls `then` once, when all checks are done.
    func whenDone(_ then: @escaping (Result) -> Void) {
        guard left > 0 else { return then(result) }
        self.then = then
    }

    private func note(_ refusals: [String], _ warnings: [String]) {
        // Several checks may find the same.
        result.refusals += refusals.filter { !result.refusals.contains($0) }
        result.warnings += warnings.filter { !result.warnings.contains($0) }
        left -= 1
        guard left == 0, let then else { return }
        self.then = nil
        then(result)
    }
}

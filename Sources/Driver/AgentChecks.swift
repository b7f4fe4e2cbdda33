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

        /// The reasons why accounts of several can't be used.
        var lost: [String: String] = [:]
        /// The limits of accounts, as their services told them.
        var limits: [LimitRead] = []

        /// The findings as events of the leg.
        var events: [Event] {
            warnings.map { .warned(Warned(task: nil, message: $0)) }
                + lost.sorted { $0.key < $1.key }.map { .accountRefused(account: $0, reason: $1) }
                + limits.map(Event.limitRead)
        }
    }

    /// The abilities of the agents, as far as they were checked.
    let abilities: KnownAbilities
    private let preflight: Preflight
    private var left: Int
    private var result = Result()
    private var then: ((Result) -> Void)?

    init(_ preflight: Preflight) {
        (self.preflight, abilities) = (preflight, KnownAbilities(preflight))
        left = preflight.cases.count + preflight.limits.accounts.count
    }

    /// Starts the checks, each on a worker thread.
    func begin(on loop: any DriverLoop) {
        for one in preflight.cases {
            loop.perform { [preflight, abilities] in
                let checkUp = preflight.check(one)
                abilities.note(checkUp.abilities, of: one)
                return (refusals: checkUp.refusals, warnings: checkUp.warnings)
            } then: { [weak self] found in
                self?.note(found.refusals, found.warnings, one.account)
            }
        }
        for account in preflight.limits.accounts {
            loop.perform { [questions = preflight.limits.questions] in
                questions.limits(of: account.path, as: account.name)
            } then: { [weak self] limits in
                self?.result.limits += limits
                self?.endOne()
            }
        }
    }

    /// Calls `then` once, when all checks are done.
    func whenDone(_ then: @escaping (Result) -> Void) {
        guard left > 0 else { return then(result) }
        self.then = then
    }

    private func note(_ refusals: [String], _ warnings: [String], _ account: String?) {
        if let account, !refusals.isEmpty {
            result.lost[account] = "account \(account): " + refusals.joined(separator: "; ")
        } else {
            // Several checks may find the same.
            result.refusals += refusals.filter { !result.refusals.contains($0) }
        }
        result.warnings += warnings.filter { !result.warnings.contains($0) }
        endOne()
    }

    private func endOne() {
        left -= 1
        guard left == 0 else { return }
        // A leg goes on with the accounts that are left.
        if !result.lost.isEmpty, preflight.pool.allSatisfy({ result.lost[$0] != nil }) {
            result.refusals += result.lost.sorted { $0.key < $1.key }.map(\.value)
        }
        guard let then else { return }
        self.then = nil
        then(result)
    }
}

import Agent
import FileAccess
import Synchronization

/// The abilities of a leg's agents, each on the machine that runs it; a program loses them when it is
/// replaced by another version.
///
/// Programs behind a launcher can't be watched: one that is replaced there keeps the abilities of the old one.
final class KnownAbilities: Sendable {
    /// The identity of an agent, as far as its abilities depend on it.
    struct Key: Hashable, Sendable {
        /// The variables on which an agent's answers depend, as far as tasks set them.
        private static let telling = [
            "PATH", "HOME", "CODEX_HOME", "CODEX_API_KEY", "OPENAI_API_KEY",
        ]

        /// The program and its first arguments.
        let words: [String]
        /// The values of the telling variables.
        let variables: [String]
        /// The launcher's words; empty for this machine.
        var place: [String] = []

        init(_ agent: AgentCommand, _ variables: [String: String]) {
            words = [agent.executable] + agent.arguments
            self.variables = Self.telling.map { variables[$0] ?? "" }
        }
    }

    private struct Entry: Sendable {
        var file: FileIdentity?
        var abilities: AgentAbilities
        var one: Preflight.Case
    }

    private let entries = Mutex<[Key: Entry]>([:])
    private let preflight: Preflight

    init(_ preflight: Preflight) { self.preflight = preflight }

    /// Notes the abilities that a check found.
    func note(_ abilities: AgentAbilities, of one: Preflight.Case) {
        let entry = Entry(file: one.file, abilities: abilities, one: one)
        entries.withLock { $0[one.key] = entry }
    }

    /// Returns the abilities of a program, and asks one that was replaced since again; blocks then.
    func abilities(of key: Key) -> AgentAbilities {
        let found = entries.withLock { entries in
            // On a machine that was not asked, the program is taken for that of another one.
            entries[key] ?? entries.first { $0.key.words == key.words }?.value
        }
        guard let found else { return .unknown }
        if found.one.file == found.file { return found.abilities }
        let abilities = preflight.check(found.one).abilities
        note(abilities, of: found.one)
        return abilities
    }
}

extension Preflight.Case {
    /// The identity of the program's file, another one once the program was replaced; `nil` elsewhere.
    fileprivate var file: FileIdentity? {
        place == nil ? FileIdentity(agent.executable.resolved(in: "/")) : nil
    }
}

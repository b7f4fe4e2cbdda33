import Agent
import Driver
import FileAccess
import Foundation
import Glibc
import Manifest
import Orchestration

/// The checks that run within sessions (`verify_in_session`), where the agents let them.
struct TurnHooks {
    /// The time that an agent may take to name its features.
    private static let patience = Duration.seconds(20)

    private var known: [[String]: Bool] = [:]

    /// Has a run's agents check the ends of their turns as its manifest asks for; warns where they can't.
    static func prepare(_ request: inout RunRequest, of manifest: Manifest) {
        // With a launcher, Quire is not where sessions run; the manifest warns of it.
        let selected = Set(request.plan.selected.map(\.name))
        let wanting = request.work.all.filter {
            selected.contains($0.key) && $0.value.check?.inSession != nil
        }
        guard request.launcher == nil, !wanting.isEmpty else { return }
        guard let program else {
            return request.warnings.append(
                "verify_in_session has no effect, as Quire's own program has no path that an agent could "
                    + "call; checks run after sessions alone"
            )
        }
        request.turnHook = TurnHookProgram(path: program, secrets: manifest.redact)
        var hooks = TurnHooks()
        if wanting.contains(where: { $0.value.agent == nil }) { hooks.ask(&request.agent) }
        for task in wanting.keys where request.work[task]?.agent != nil {
            if var agent = request.work[task]?.agent {
                hooks.ask(&agent)
                request.work[task]?.agent = agent
            }
        }
        for command in hooks.known.filter({ !$0.value }).keys.sorted(by: { $0[0] < $1[0] }) {
            request.warnings.append(
                "verify_in_session has no effect with \(command[0]), whose features (\"features list\") "
                    + "don't name \"hooks\" as stable and on; checks run after sessions alone"
            )
        }
    }

    /// The path by which agents call this program: while it runs, nobody can put another one there.
    private static var program: String? {
        let own = "/proc/\(getpid())/exe"
        if access(own, X_OK) == 0 { return own }
        guard let path = try? AgentLookup.ownPath, path.hasPrefix("/"), path != "/proc/self/exe"
        else {
            return nil
        }
        return path
    }

    /// Asks an agent, once for each command.
    private mutating func ask(_ agent: inout AgentCommand) {
        let command = [agent.executable] + agent.arguments
        let canCheck =
            known[command]
            ?? agent.kind.canCheckTurns { words in
                let result = ShortCommand(
                    executable: agent.executable,
                    arguments: agent.arguments + words,
                    patience: Self.patience,
                    longestOutput: 1 << 20
                ).run()
                return result.status == 0 ? String(decoding: result.output, as: UTF8.self) : nil
            }
        known[command] = canCheck
        agent.checksTurns = canCheck
    }
}

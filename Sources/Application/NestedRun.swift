import CodexAgent
import EventLoop
package import Manifest
import Reporting

/// A run that is started within the sandbox of an agent.
package enum NestedRun {
    /// Refuses a run of real sessions where there is no network for them.
    ///
    /// - Throws: `Trouble` with status 69.
    package static func refuse(_ agent: Manifest.Agent) throws {
        if case .simulated = agent { return }
        let name = Codex.nestingVariable
        guard let value = InheritedEnvironment.own.text(name), !value.isEmpty, value != "0" else {
            return
        }
        throw Trouble(
            "this shell is in Codex's sandbox (\(name) is set), where sessions have no network and would do "
                + "nothing; to get out, run it in a terminal of your own, or let the agent run it outside of "
                + "the sandbox (codex --sandbox danger-full-access, or approve that for this command); "
                + "agent: simulated works here, too",
            status: ExitStatus.missing
        )
    }
}

package import Agent
import CodexAgent
package import Manifest

extension Manifest.Agent {
    /// The agent behind the seam; a command speaks as Codex does.
    package var kind: any Agent {
        switch self {
        case .codex: Codex.cli
        case .simulated: Codex.simulated
        case .command(let words): Codex(program: .command(words))
        }
    }
}

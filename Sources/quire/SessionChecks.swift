import Driver
import Glibc
import Manifest
import Orchestration

/// The checks that run within sessions (`verify_in_session`), where the agents let them.
enum SessionChecks {
    /// Has a run's agents check the ends of their turns as its manifest asks for; warns where they can't.
    static func prepare(_ request: inout RunRequest, of manifest: Manifest) {
        // With a launcher, Quire is not where sessions run; the manifest warns of it.
        let isWanted = request.plan.selected.contains {
            request.work[$0.name]?.check?.inSession != nil
        }
        guard request.launcher == nil, isWanted else { return }
        guard let program else {
            return request.warnings.append(
                "verify_in_session has no effect, as Quire's own program has no path that an agent could "
                    + "call; checks run after sessions alone"
            )
        }
        request.turnHook = TurnHookProgram(path: program, secrets: manifest.redact)
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
}

import Agent
import CodexEvents
import Orchestration

// The sandbox that Codex runs commands in, which may be missing although every turn is completed.
extension Codex {
    /// The environment variable that Codex sets for commands within its sandbox.
    package static let nestingVariable = "CODEX_SANDBOX_NETWORK_DISABLED"

    /// Returns the sandbox of sessions with these arguments of the user's own.
    static func sandbox(_ sandbox: Sandbox, with extra: [String]) -> Sandbox {
        let full = Sandbox.dangerFullAccess
        if extra.contains("--dangerously-bypass-approvals-and-sandbox") || extra.contains("--yolo")
        {
            return full
        }
        var found = sandbox
        for (word, next) in zip(extra, extra.dropFirst() + [""]) {
            let (text, value) = (
                word.filter { !"\"' ".contains($0) }, next.filter { !"\"' ".contains($0) }
            )
            let name: String? =
                if word == "-s" || word == "--sandbox" {
                    value
                } else if text.hasPrefix("--sandbox=") {
                    String(text.dropFirst("--sandbox=".count))
                } else if word == "-c" || word == "--config", value.hasPrefix("sandbox_mode=") {
                    String(value.dropFirst("sandbox_mode=".count))
                } else {
                    nil
                }
            if let name { found = Sandbox(rawValue: name) ?? found }
        }
        return found
    }

    /// Asks whether the sandbox starts; returns `nil` for sessions without one.
    static func sandboxFinding(_ needs: CheckUpNeeds, at place: AgentPlace) -> Finding? {
        let sandbox = sandbox(needs.sandbox, with: needs.extra)
        guard sandbox != .dangerFullAccess else { return nil }
        let mode = "sandbox_mode=\"\(sandbox.rawValue)\""
        let unknown = "whether the sandbox (\(sandbox.rawValue)) can start isn't known"
        switch place.ask(["sandbox", "-c", mode, "--", "true"]) {
        case .said, .silent:
            return Finding(.well, "sandbox", "\(sandbox.rawValue) starts in \(needs.directory)")
        case .unanswered(let reason), .unreached(let reason):
            return Finding(.doubtful, "sandbox", "\(unknown): \(reason)")
        case .failed(let error) where CodexEvent.isSandboxComplaint(error):
            let words =
                "Codex's sandbox (\(sandbox.rawValue)) can't start in \(needs.directory), and every command "
                + "of a session would fail: \(error.oneLine(200)); to mend it: \(SandboxMachine(at: place).advice)"
            return Finding(.missing, "sandbox", words)
        // A version that has no such question, or answers it otherwise.
        case .failed(let error):
            return Finding(.doubtful, "sandbox", "\(unknown): \(error.oneLine(200))")
        }
    }
}

/// The parts of a machine that a sandbox depends on.
package struct SandboxMachine {
    /// Returns a file's text; `nil` if it can't be read.
    let file: (String) -> String?
    /// Returns true if there is such a file.
    let exists: (String) -> Bool

    /// Makes a machine from its files.
    package init(file: @escaping (String) -> String?, exists: @escaping (String) -> Bool) {
        (self.file, self.exists) = (file, exists)
    }

    /// Makes the machine of a place, whose files a shell reads there.
    init(at place: AgentPlace) {
        self.init(
            file: { path in
                if case .said(let text) = place.shell("cat \(path)") { text } else { nil }
            },
            exists: { place.holds("test -e \($0)") }
        )
    }

    /// The settings of the kernel that deny namespaces to users: their path, the value that denies, and the
    /// command that mends it.
    private static let settings: [(path: String, denies: String, remedy: String)] = [
        (
            "kernel/apparmor_restrict_unprivileged_userns", "1",
            "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu 24.04 and GitHub's "
                + "runners restrict namespaces)"
        ),
        (
            "kernel/unprivileged_userns_clone", "0",
            "sudo sysctl -w kernel.unprivileged_userns_clone=1"
        ),
        ("user/max_user_namespaces", "0", "sudo sysctl -w user.max_user_namespaces=10000"),
    ]

    /// The remedies for this machine, for people.
    package var advice: String {
        var remedies = Self.settings.filter { setting in
            file("/proc/sys/" + setting.path)?.prefix { !$0.isWhitespace }
                == Substring(setting.denies)
        }.map(\.remedy)
        if exists("/.dockerenv") || exists("/run/.containerenv") {
            remedies.append(
                "start the container with --security-opt seccomp=unconfined --security-opt "
                    + "apparmor=unconfined --security-opt systempaths=unconfined"
            )
        }
        if remedies.isEmpty {
            remedies.append(
                "let users make namespaces: sysctl kernel.unprivileged_userns_clone=1 and "
                    + "kernel.apparmor_restrict_unprivileged_userns=0, or in Docker --security-opt "
                    + "seccomp=unconfined --security-opt apparmor=unconfined"
            )
        }
        remedies.append(
            "where the machine itself is the sandbox, set sandbox: danger-full-access in the manifest"
        )
        return remedies.joined(separator: "; or ")
    }
}

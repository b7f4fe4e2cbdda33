import Agent
import Orchestration

/// Codex's hook for a turn's end, which runs a command and may let the turn go on.
///
/// Codex runs hooks that its user has trusted, by a hash of their settings. Quire hands over the hash of its
/// own hook with the hook: no file of the user's is changed, and no other hook that nobody has trusted runs,
/// as it would with `--dangerously-bypass-hook-trust`. Where the hash does not fit, Codex runs nothing.
///
/// Source: trials with Codex CLI 0.163.0.
struct StopHook {
    private let check: TurnCheck

    /// Makes a hook; `nil` if the command has characters that Codex's settings would need to escape.
    init?(_ check: TurnCheck) {
        guard check.command.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else {
            return nil
        }
        self.check = check
    }

    /// The arguments that set the hook.
    var arguments: [String] {
        let key = "/<session-flags>/config.toml:stop:0:0"
        return [
            "-c", "hooks.Stop=[{hooks=[{type=\"command\",command=\(command),timeout=\(seconds)}]}]",
            "-c", "hooks.state={\"\(key)\"={trusted_hash=\"sha256:\(hash)\"}}",
        ]
    }

    /// The command as a string of JSON, and of TOML alike.
    private var command: String {
        let escaped = check.command.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\"\(escaped)\""
    }

    private var seconds: Int64 { max(1, check.timeout.components.seconds) }

    /// The hash of the hook's settings as Codex has them, in JSON with sorted keys.
    var hash: String {
        let handler =
            "{\"async\":false,\"command\":\(command),\"timeout\":\(seconds),\"type\":\"command\"}"
        return SHA256.hex(of: Array("{\"event_name\":\"stop\",\"hooks\":[\(handler)]}".utf8))
    }
}

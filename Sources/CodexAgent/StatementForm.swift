import Codec
import Orchestration

/// The form of the statement that sessions end with, by `--output-schema`: the last message of the turn.
///
/// Source: trials with Codex CLI 0.144.4, 0.155.1 and 0.163.0, with `exec` and before its `resume`.
enum StatementForm {
    /// The most bytes of a statement.
    private static let longestStatement = 8 * 1024

    /// The form of statements, as a strict schema: each key is required, and no other allowed.
    static let schema =
        #"""
        {
          "type": "object",
          "additionalProperties": false,
          "required": ["status", "question", "evidence"],
          "properties": {
            "status": {
              "type": "string",
              "enum": ["done", "progress", "blocked"],
              "description": "done: every entry of task_list.md is ticked; progress: some work is done, and some left; blocked: only a person's answer lets the work go on"
            },
            "question": {
              "type": ["string", "null"],
              "description": "blocked: the question for that person, with all that is needed to answer it; else null"
            },
            "evidence": {
              "type": ["string", "null"],
              "description": "what shows that this is so, in one sentence: a command and its result, or a file"
            }
          }
        }

        """#

    /// Reads the statement in a turn's last message, or the trouble with it, for people.
    static func read(_ message: String?) -> (SessionStatement?, trouble: String?) {
        guard let message else { return (nil, "it ended its turn without a message") }
        guard message.utf8.count <= longestStatement else {
            let size = Format.count(message.utf8.count, "byte")
            return (nil, "its last message has \(size), and may have \(longestStatement)")
        }
        do {
            return (try FactDecoder.decode(SessionStatement.self, from: message), nil)
        } catch {
            return (nil, "its last message is not in the form asked for: \(message.oneLine(80))")
        }
    }
}

import Application
import ArgumentParser
import Autonomous
import Driver
import EventLoop
import Foundation
import Manifest
import Orchestration
import Reporting

/// The options for checklists that exist already.
struct PromptOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Begin the tasks anew whose names match this pattern: their old directories are put into "
                + ".autonomous/.quire/archive. May be repeated, or joined with commas.",
            valueName: "pattern"
        )
    )
    var redo: [String] = []

    @Flag(help: "Go on with checklists that were written for other prompts than the manifest's.")
    var keepLists = false

    func validate() throws {
        if redo.flatMap(\.patterns).contains("") {
            throw ValidationError("--redo takes patterns of names, and one is empty")
        }
    }

    var policy: DirectoryReview.Policy { keepLists ? .keepLists : .refuse }

    /// Returns the selected tasks that begin anew.
    ///
    /// - Throws: `Trouble` if a pattern matches no task of the manifest, or none of the selected ones.
    func redone(of selected: SelectedTasks, in manifest: Manifest) throws -> Set<String> {
        let patterns = redo.flatMap(\.patterns)
        guard !patterns.isEmpty else { return [] }
        do {
            let tasks = selected.manifest.tasks.map(\.plan)
            return Set(try Selection(only: patterns).apply(to: tasks).map(\.name))
        } catch {
            throw Trouble(
                Self.leftOut(error, of: manifest)
                    ?? SelectionOptions.words(for: error, in: manifest),
                status: ExitStatus.usage
            )
        }
    }

    /// Returns the message for a pattern that matches only unselected tasks; `nil` if it matches none at all.
    private static func leftOut(_ problem: Selection.Problem, of manifest: Manifest) -> SafeText? {
        guard case .nothingMatches(let pattern) = problem,
            let found = try? Selection(only: [pattern]).apply(to: manifest.tasks.map(\.plan)),
            let first = found.first
        else { return nil }
        let what: SafeText =
            first.name == pattern
            ? "\"\(pattern)\" is" : "what matches \"\(pattern)\", such as \"\(first.name)\", is"
        return
            "--redo: \(what) in \(manifest.path), but not among the selected tasks; select it with "
            + "--only, --skip, --changed-since or --shard, or leave it out of --redo"
    }
}

extension CalledCommand {
    /// Returns the call of `quire run`; for `quire plan`, the same call with `run` in its place.
    static func run(manifest: String) -> CalledCommand {
        CalledCommand(
            "quire run",
            Array(ProgramArguments.all.dropFirst(2)),
            manifest: manifest,
            dropping: ["--json", "--prompts"]
        )
    }
}

/// The refusal of a leg because checklists were written for other prompts.
struct PromptRefusal {
    /// The number of tasks listed.
    private static let shown = 20

    /// The tasks whose checklists were written for other prompts.
    let tasks: [TaskDirectory]
    /// True if `tasks` are all the selected tasks.
    let areAll: Bool
    /// The command line that was called, for the commands in the message.
    let call: CalledCommand
    /// The tasks' prompts.
    let prompts: (String) -> String?

    /// The message: the tasks, their old and new prompts, and the two ways to continue.
    var words: String {
        let count = tasks.count
        let other = Format.word(
            for: count,
            "has a checklist that was written for another prompt",
            "have checklists that were written for other prompts"
        )
        let first = "\(Format.count(count, "task")) \(other):"
        var lines = [first] + tasks.prefix(Self.shown).flatMap(lines)
        if count > Self.shown { lines.append("  … and \(count - Self.shown) more") }
        // A pattern for all tasks would also put away the work of tasks whose prompts are unchanged.
        let names = tasks.map(\.name.description).joined(separator: ",")
        let pattern = count > Self.shown && areAll ? "*" : names
        lines.append(
            "to put the old work away and begin anew\(call.condition): "
                + call.text(adding: ["--redo", pattern])
        )
        lines.append(
            "to go on with the lists under the new prompts\(call.condition): "
                + call.text(adding: ["--keep-lists"])
        )
        return lines.joined(separator: "\n")
    }

    private func lines(_ task: TaskDirectory) -> [String] {
        let (old, new) = (task.promptText() ?? "", prompts(task.name.description) ?? "")
        let common = zip(old, new).prefix { $0 == $1 }.count
        var (then, now) = (Self.excerpt(old, from: common), Self.excerpt(new, from: common))
        if then == now {
            // The difference is invisible.
            then = Self.excerpt(old, from: common, Self.marked)
            now = Self.excerpt(new, from: common, Self.marked)
        }
        return [
            "  \(task.name): \(task.promptPath)", "    then: \(then)", "    now:  \(now)",
        ]
    }

    /// Returns a text in quotes, with escapes for white space and characters of no width.
    private static func marked(_ text: String) -> String {
        "\""
            + text.unicodeScalars.map { scalar in
                switch scalar {
                case "\n": return "\\n"
                case "\r": return "\\r"
                case "\t": return "\\t"
                case " ": return " "
                default:
                    let isSeen =
                        !scalar.properties.isWhitespace
                        && scalar.properties.generalCategory != .format
                    return isSeen ? String(scalar) : scalar.escape
                }
            }.joined() + "\""
    }

    /// Returns the part of a prompt that begins shortly before an offset.
    private static func excerpt(
        _ text: String,
        from place: Int,
        _ show: (String) -> String = Sanitizer.line
    ) -> String {
        let start = max(0, place - 30)
        let rest = text.dropFirst(start)
        return (start > 0 ? "…" : "") + show(String(rest.prefix(90)))
            + (rest.count > 90 ? "…" : "")
    }
}

extension DirectoryReview {
    /// Returns the reason why a leg must not begin on such checklists; `nil` if it may.
    ///
    /// `call` is the command line that was called, for the commands in the message.
    func refusal(_ call: CalledCommand, prompts: @escaping (String) -> String?) -> Trouble? {
        if !unreadable.isEmpty {
            return Trouble(
                SafeText(lines: unreadable.joined(separator: "\n")),
                status: ExitStatus.missing
            )
        }
        guard policy == .refuse, !otherPrompts.isEmpty else { return nil }
        let refusal = PromptRefusal(
            tasks: otherPrompts.compactMap { try? TaskName(given: $0) }
                .map(workspace.taskDirectory),
            areAll: otherPrompts.count == count,
            call: call,
            prompts: prompts
        )
        return Trouble(SafeText(lines: refusal.words), status: ExitStatus.usage)
    }
}

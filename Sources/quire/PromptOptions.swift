import Application
import ArgumentParser
import Autonomous
import Driver
import EventLoop
import Foundation
import Manifest
import Orchestration
import Reporting

/// What becomes of checklists that lie in the tasks' directories already.
struct PromptOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Begin the tasks anew whose names are like this: their old directories are put into "
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

    /// The selected tasks that begin anew.
    ///
    /// - Throws: `Trouble` where no task of the manifest is like a pattern, or none that is selected.
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

    /// Says that what a pattern names is there, but not selected; `nil` where it is not there.
    private static func leftOut(_ problem: Selection.Problem, of manifest: Manifest) -> SafeText? {
        guard case .nothingMatches(let pattern) = problem,
            let found = try? Selection(only: [pattern]).apply(to: manifest.tasks.map(\.plan)),
            let first = found.first
        else { return nil }
        let what: SafeText =
            first.name == pattern
            ? "\"\(pattern)\" is" : "what is like \"\(pattern)\", such as \"\(first.name)\", is"
        return
            "--redo: \(what) in \(manifest.path), but not among the selected tasks; select it with "
            + "--only, --skip, --changed-since or --shard, or leave it out of --redo"
    }
}

extension CalledCommand {
    /// The call of `quire run`, or of `quire plan` as `quire run` would be called for the same.
    static func run(manifest: String) -> CalledCommand {
        CalledCommand(
            "quire run",
            Array(ProgramArguments.all.dropFirst(2)),
            manifest: manifest,
            dropping: ["--json", "--prompts"]
        )
    }
}

/// The refusal of a leg whose lists were written for other prompts.
struct PromptRefusal {
    /// Tasks that are named.
    private static let shown = 20

    /// The tasks' names and directories.
    let tasks: [TaskDirectory]
    /// Whether these are all tasks that were selected.
    let areAll: Bool
    /// What was called, for the ways on.
    let call: CalledCommand
    /// The tasks' prompts.
    let prompts: (String) -> String?

    /// What is wrong, where, and the two ways on.
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
        // A pattern for all would put away the work of those whose prompts are the same.
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
            // What differs is not to be seen.
            then = Self.excerpt(old, from: common, Self.marked)
            now = Self.excerpt(new, from: common, Self.marked)
        }
        return [
            "  \(task.name): \(task.promptPath)", "    then: \(then)", "    now:  \(now)",
        ]
    }

    /// A text in quotes, whose white space and characters of no width are marks.
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
                    return isSeen
                        ? String(scalar)
                        : "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
                }
            }.joined() + "\""
    }

    /// A prompt's line from shortly before a place on.
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
    /// Why a leg that does not keep such lists can't begin; `nil` where it can.
    ///
    /// `call` is what was called, for the ways on.
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

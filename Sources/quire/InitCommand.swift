import Application
import ArgumentParser
import Autonomous
import FileAccess
import Foundation
import Glibc
import Manifest
import Reporting

/// `quire init`.
struct InitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Write a commented manifest for this repository.",
        discussion: """
            Each word is a task; - reads them from standard input, one a line. With --csv each row of the \
            file is a task, with --issues each open issue on GitHub. Without any, one task stands there to \
            be replaced. Nothing is overwritten.

              quire init "Port the parser" "Write the manual"
              git ls-files 'src/*.c' | sed 's/^/Port /' | quire init -
              quire init --csv services.csv --prompt "Port {service} to the new API."
              quire init --issues --label bug

            Exit status: 0; 64 errors in the call; 69 something it needs is missing.
            """
    )

    @Argument(help: "The tasks in words; - reads them from standard input.")
    var tasks: [String] = []

    @Option(
        help: ArgumentHelp("A file with a task in each row.", valueName: "file"),
        completion: .file(extensions: ["csv", "jsonl"])
    )
    var csv: String?

    @Flag(help: "Make a task of each open issue on GitHub (by gh).")
    var issues = false

    @Option(help: ArgumentHelp("With --issues: those with this label.", valueName: "label"))
    var label: String?

    @Option(
        help: ArgumentHelp("With --csv: the prompt, with columns in braces.", valueName: "text")
    )
    var prompt: String?

    @Option(help: ArgumentHelp("The run's name (default: the directory's).", valueName: "name"))
    var name: String?

    @Option(
        help: ArgumentHelp("The file to write; - prints it.", valueName: "file"),
        completion: .manifest
    )
    var output = "quire.yaml"

    @OptionGroup var colors: ColorOption

    func validate() throws {
        let sources = [!tasks.isEmpty, csv != nil, issues].filter { $0 }
        if sources.count > 1 {
            throw ValidationError("give tasks, --csv or --issues; only one of them")
        }
        if prompt != nil, csv == nil {
            throw ValidationError("--prompt is for the rows of --csv; name that file, too")
        }
        if label != nil, !issues {
            throw ValidationError("--label is for --issues; add that, or leave it out")
        }
    }

    func run() throws {
        let directory = WorkingDirectory.path
        let text = StarterManifest(
            name: name ?? (directory as NSString).lastPathComponent,
            hasTrees: Self.hasCommit(directory),
            kind: StarterManifest.Kind.all.first { FileKind(directory + "/" + $0.file) == .file },
            tasks: try source(in: directory)
        ).text
        // The manifest is read before it is written: what is wrong in a prompt or a file is told here.
        let place = output == "-" ? directory + "/quire.yaml" : output.resolvedPath
        try check(text, at: place)
        if output == "-" { return StandardStream.output.write(raw: Array(text.utf8)) }
        try Self.write(text, place)
        Terminal.say(
            "\(output) is written; look at it, and at what would run: quire plan \(output)"
        )
    }

    private func source(in directory: String) throws -> StarterManifest.Tasks {
        if let csv { return try rows(csv) }
        if issues { return .listed(try Issues.open(label: label, in: directory)) }
        var prompts: [String] = []
        for task in tasks {
            guard task == "-" else {
                prompts.append(task)
                continue
            }
            while let line = readLine() { prompts.append(line) }
        }
        prompts.removeAll { $0.allSatisfy(\.isWhitespace) }
        if prompts.isEmpty {
            guard tasks.isEmpty else {
                throw Trouble("there is no task in what was given", status: ExitStatus.usage)
            }
            prompts = ["Say here what is to be done, and how one can tell that it is done."]
        }
        return .listed(Self.named(prompts))
    }

    /// Returns the tasks of a file, which a manifest beside it names as it was given.
    private func rows(_ file: String) throws -> StarterManifest.Tasks {
        let isBeside = output == "-" || !output.contains("/")
        do {
            let columns = try Manifest.columns(ofMatrixFile: file.resolvedPath)
            return .rows(
                file: isBeside ? file : file.resolvedPath,
                columns: columns,
                prompt: prompt
            )
        } catch {
            throw Trouble(SafeText(lines: "\(error)"), status: ExitStatus.usage)
        }
    }

    private func check(_ text: String, at path: String) throws {
        do {
            try Manifest.check(text, at: path)
        } catch {
            throw Trouble(
                "no manifest can be made of this: \(lines: "\(error)")",
                status: ExitStatus.usage
            )
        }
    }

    /// Returns tasks with names made of their words.
    private static func named(_ prompts: [String]) -> [StarterManifest.Task] {
        var taken: Set<String> = []
        return prompts.enumerated().map { place, prompt in
            let (name, _) = TaskName.generated(from: prompt, stamp: "\(place + 1)") {
                taken.contains($0)
            }
            taken.insert("\(name)")
            return StarterManifest.Task(name: "\(name)", prompt: prompt)
        }
    }

    private static func hasCommit(_ directory: String) -> Bool {
        guard let git = try? AgentLookup.inPath("git") else { return false }
        return ShortCommand(
            executable: git,
            arguments: ["rev-parse", "--quiet", "--verify", "HEAD^{commit}"],
            directory: directory
        ).run().status == 0
    }

    private static func write(_ text: String, _ path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else {
            let reason =
                errno == EEXIST
                ? "it exists; name another file with --output"
                : String(cString: strerror(errno))
            throw Trouble("\"\(path)\" can't be written: \(reason)", status: ExitStatus.missing)
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try file.write(contentsOf: Data(text.utf8))
            try file.close()
        } catch {
            throw Trouble("\"\(path)\" is not complete: \(error)", status: ExitStatus.missing)
        }
    }
}

/// The open issues of a repository on GitHub.
private enum Issues {
    private struct Found: Decodable {
        var number: Int
        var title: String
        var body: String?
    }

    /// Returns a task for each open issue, or for each with a label.
    ///
    /// - Throws: `Trouble` if `gh` is missing, fails, or knows none.
    static func open(label: String?, in directory: String) throws -> [StarterManifest.Task] {
        guard let program = try AgentLookup.inPath("gh") else {
            throw Trouble(
                "--issues needs gh, GitHub's command line, which was not found in PATH; install it",
                status: ExitStatus.missing
            )
        }
        let labels = label.map { ["--label", $0] } ?? []
        let result = ShortCommand(
            executable: program,
            arguments: [
                "issue", "list", "--state", "open", "--limit", "1000", "--json",
                "number,title,body",
            ] + labels,
            directory: directory,
            environment: ["GH_PROMPT_DISABLED=1", "GH_NO_UPDATE_NOTIFIER=1"],
            patience: .seconds(120),
            longestOutput: 1 << 26
        ).run()
        guard result.status == 0 else {
            throw Trouble("gh issue list failed: \(result.complaint)", status: ExitStatus.missing)
        }
        guard let found = try? JSONDecoder().decode([Found].self, from: Data(result.output)) else {
            throw Trouble(
                "gh issue list printed something else than a list of issues; update gh, or name the tasks",
                status: ExitStatus.missing
            )
        }
        guard !found.isEmpty else {
            let which: SafeText = label.map { " with the label \"\($0)\"" } ?? ""
            throw Trouble("there is no open issue\(which)", status: ExitStatus.missing)
        }
        return found.sorted { $0.number < $1.number }.map { issue in
            let body = (issue.body ?? "").replacing("\r\n", with: "\n")
            let text = "Resolve issue #\(issue.number): \(issue.title)\n\n\(body)"
            let end = text.lastIndex { !$0.isWhitespace } ?? text.startIndex
            return StarterManifest.Task(name: "issue-\(issue.number)", prompt: String(text[...end]))
        }
    }
}

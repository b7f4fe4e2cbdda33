/// A commented manifest to begin with.
package struct StarterManifest {
    /// A task, and its prompt.
    package struct Task {
        /// The name, which is one of a task.
        package var name: String
        /// The prompt.
        package var prompt: String

        /// Makes a task.
        package init(name: String, prompt: String) {
            self.name = name
            self.prompt = prompt
        }
    }

    /// The source of the tasks.
    package enum Tasks {
        /// These tasks.
        case listed([Task])
        /// A task for each row of a file: the file's path, and the columns.
        case rows(file: String, columns: [String], prompt: String?)
    }

    /// A project's kind, by a file of its own, and the command that tests it.
    package struct Kind {
        /// The file at the top of the project.
        package var file: String
        /// The command that tests the project.
        package var check: String
        /// The command that prepares a new tree; `nil` for none.
        package var setup: String?

        /// The kinds that are known.
        package static let all = [
            Kind(file: "Package.swift", check: "swift test"),
            Kind(file: "Cargo.toml", check: "cargo test"),
            Kind(file: "go.mod", check: "go test ./..."),
            Kind(file: "package.json", check: "npm test", setup: "npm ci"),
            Kind(file: "pyproject.toml", check: "python3 -m pytest"),
            Kind(file: "pom.xml", check: "mvn -q test"),
            Kind(file: "build.gradle", check: "./gradlew test"),
            Kind(file: "build.gradle.kts", check: "./gradlew test"),
        ]
    }

    /// The run's name.
    package var name: String
    /// True in a git repository with a commit, where tasks can have trees of their own.
    package var hasTrees: Bool
    /// The project's kind; `nil` if it is none that is known.
    package var kind: Kind?
    /// The tasks.
    package var tasks: Tasks

    /// Makes a manifest; see the properties.
    package init(name: String, hasTrees: Bool, kind: Kind?, tasks: Tasks) {
        self.name = name
        self.hasTrees = hasTrees
        self.kind = kind
        self.tasks = tasks
    }

    /// The manifest as YAML.
    package var text: String {
        let lines = [
            "# A manifest of Quire: every key is in \"quire help manifest\".",
            "#   quire plan FILE    checks it, and shows what would run and what it would take",
            "#   quire run FILE     runs it; the same command continues it",
            "version: 1",
            "run:",
            "  name: \(Self.quoted(name))",
            "  concurrency: 4              # sessions at once",
            "  # budget: {tokens: 40M}     # what the run may spend",
        ]
        return (lines + defaults + ["tasks:"] + entries).map { $0 + "\n" }.joined()
    }

    private var defaults: [String] {
        var lines = ["defaults:"]
        lines.append(
            hasTrees
                ? "  isolation: worktree         # each task works on a branch of its own: quire merge"
                : "  isolation: none             # trees need a git repository with a commit"
        )
        if let setup = kind?.setup {
            lines.append(
                (hasTrees ? "  " : "  # ") + "setup: \(setup)               # in each new tree"
            )
        }
        if let kind {
            lines.append(
                "  verify: \(kind.check)          # decides whether work counts; by \(kind.file)"
            )
        } else {
            lines.append(
                "  # verify: make test         # your own command, which decides whether work counts"
            )
        }
        return lines + [
            "  # max_sessions: 20          # of each task",
            "  # budget: {tokens: 5M}      # of each task",
        ]
    }

    private var entries: [String] {
        switch tasks {
        case .listed(let tasks):
            return tasks.flatMap { task in
                ["  - name: \(Self.quoted(task.name))"] + Self.prompt(task.prompt)
            }
        case .rows(let file, let columns, let prompt):
            let usual = columns.map { "\($0): {\($0)}" }.joined(separator: "\n")
            return [
                "  - name: \(Self.quoted("{\(columns.first ?? "")}"))   # one task for each row; columns are placeholders",
                "    matrix: {from: \(Self.quoted(file))}",
            ] + Self.prompt(prompt ?? usual)
        }
    }

    /// Returns the lines of a prompt: as it is, if it has several lines that YAML leaves alone.
    private static func prompt(_ text: String) -> [String] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let isPlain = text.unicodeScalars.allSatisfy { scalar in
            scalar == "\n"
                || scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
                    && scalar != "\u{2028}" && scalar != "\u{2029}" && scalar != "\u{FEFF}"
                    && scalar.value < 0xFFFE
        }
        guard lines.count > 1, isPlain, text.last != "\n" else {
            return ["    prompt: \(quoted(text))"]
        }
        // The number of blanks is told, as the first line may begin with some.
        return ["    prompt: |2-"] + lines.map { $0.isEmpty ? "" : "      " + $0 }
    }

    /// Returns a text in double quotes, with the escapes of YAML.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            default:
                let isPlain =
                    (0x20...0x7E).contains(scalar.value)
                    || scalar.value > 0xA0
                        && !(0x2028...0x2029).contains(scalar.value) && scalar.value != 0xFEFF
                        && scalar.value < 0xFFFE
                let digits = String(scalar.value, radix: 16)
                result +=
                    isPlain
                    ? String(scalar)
                    : "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
            }
        }
        return result + "\""
    }
}

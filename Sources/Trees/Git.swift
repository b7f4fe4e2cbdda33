import Orchestration

/// A call of a program, to be carried out by the caller's means.
package struct GitCall: Sendable {
    /// The arguments, without the program's name.
    package var arguments: [String]
    /// The working directory.
    package var directory: String
    /// All of standard input.
    package var input: [UInt8] = []
    /// `NAME=value` for each variable besides the inherited ones.
    package var environment: [String] = []
    /// The time after which the program is killed.
    package var patience: Duration
}

/// The result of a program's call.
package struct GitAnswer: Sendable {
    /// The exit status; `nil` if the program was killed or never started.
    package var status: Int32?
    /// Standard output.
    package var output: [UInt8]
    /// The program's error, or the reason why it did not end by itself, for people.
    package var complaint: String
    /// Standard error, as far as it is kept.
    package var errors = ""

    /// Makes an answer; see the properties.
    package init(status: Int32?, output: [UInt8], complaint: String) {
        self.status = status
        self.output = output
        self.complaint = complaint
    }
}

/// Calls of git that nobody has to answer, and that run nothing of a repository's own.
///
/// No hook, monitor, editor, pager, signature or question: a repository's settings may be an agent's
/// work, and Quire is outside of the agents' sandbox. The filters that a *person's* settings name, as
/// git-lfs does, run: whoever calls names the directory of the repository, so that git never looks for
/// one in a tree, where an agent could have put another.
package struct Git: Sendable {
    /// Variables that lead git to another repository, or make it write elsewhere.
    package static let misleadingVariables = [
        "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE", "GIT_PREFIX", "GIT_EXTERNAL_DIFF",
        "GIT_DIFF_OPTS", "GIT_CONFIG", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT", "GIT_TRACE",
        "GIT_LITERAL_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_REFLOG_ACTION",
        "GIT_ICASE_PATHSPECS", "GIT_QUARANTINE_PATH", "GIT_DEFAULT_HASH", "GIT_EDITOR", "GIT_PAGER",
    ]

    /// Variables for which git asks nobody and speaks English.
    private static let environment = [
        "GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=", "SSH_ASKPASS=", "GIT_EDITOR=:", "GIT_PAGER=cat",
        "GIT_MERGE_AUTOEDIT=no", "LC_ALL=C",
    ]

    /// Settings that stand above those of the repository and of the person.
    private static let settings = [
        "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.untrackedCache=false",
        "commit.gpgSign=false", "tag.gpgSign=false", "gc.auto=0", "maintenance.auto=false",
        "core.quotePath=true", "submodule.recurse=false", "diff.ignoreSubmodules=dirty",
        "status.submoduleSummary=false", "merge.autoStash=false", "rerere.enabled=false",
        "advice.detachedHead=false", "core.longPaths=true", "checkout.workers=1",
        "log.showSignature=false",
    ]

    /// The program that makes calls, which blocks until they end.
    private let answer: @Sendable (GitCall) -> GitAnswer

    /// Makes git's calls by a function that runs the program.
    ///
    /// The program's environment is the inherited one without `misleadingVariables`.
    package init(_ answer: @escaping @Sendable (GitCall) -> GitAnswer) {
        self.answer = answer
    }

    /// Makes a call that another instance has put together.
    func repeating(_ call: GitCall) -> GitAnswer { answer(call) }

    /// Calls git, whatever its exit status.
    package func call(
        _ arguments: [String],
        in directory: String,
        input: [UInt8] = [],
        environment: [String] = [],
        patience: Duration = .seconds(600)
    ) -> GitAnswer {
        let settings = Self.settings.flatMap { ["-c", $0] }
        return answer(
            GitCall(
                arguments: settings + arguments,
                directory: directory,
                input: input,
                environment: Self.environment + environment,
                patience: patience
            )
        )
    }

    /// Calls git, and returns its output.
    ///
    /// - Throws: `GitError` if the call fails; `doing` says what it was for, as in "making the tree".
    package func output(
        _ arguments: [String],
        in directory: String,
        doing: String,
        input: [UInt8] = [],
        environment: [String] = []
    ) throws(GitError) -> [UInt8] {
        let answer = call(arguments, in: directory, input: input, environment: environment)
        guard answer.status == 0 else { throw GitError(doing, in: directory, answer) }
        return answer.output
    }

    /// Calls git, and returns the first line of its output.
    ///
    /// - Throws: `GitError` if the call fails.
    package func line(
        _ arguments: [String],
        in directory: String,
        doing: String,
        input: [UInt8] = [],
        environment: [String] = []
    ) throws(GitError) -> String {
        let bytes = try output(
            arguments,
            in: directory,
            doing: doing,
            input: input,
            environment: environment
        )
        // Only the newline that git adds: the name of a directory may end with another.
        let text = bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...]
        return String(decoding: text, as: UTF8.self)
    }
}

package import EventLoop
import Orchestration
package import Trees

extension Git {
    /// Makes git's calls by a program at an absolute path, in an environment cleared of what misleads git.
    package init(program: String, inherited: InheritedEnvironment) {
        let environment = inherited.without(Git.misleadingVariables)
        self.init { call in
            let launch = ChildProcess.Launch(
                executable: program,
                arguments: [program] + call.arguments,
                // Of a variable that is set twice the first value would count.
                inherited: environment.without(
                    call.environment.map { String($0.prefix { $0 != "=" }) }
                ),
                environment: call.environment,
                directory: call.directory,
                input: call.input
            )
            return GitAnswer(ShortProgram(launch, patience: call.patience).run(), of: call)
        }
    }
}

extension GitAnswer {
    fileprivate init(_ end: ShortProgram.End, of call: GitCall) {
        let errors = String(decoding: end.standardError.head, as: UTF8.self)
        // git gives advice, of many lines, behind what failed.
        let told = StandardErrorWords.telling(errors, beginnings: ["fatal:", "error:"])
        switch (end.refusal, end.termination) {
        case (.isLate?, _):
            let words = "git did not end within \(call.patience.forPeople)"
            self.init(status: nil, output: end.output, complaint: words)
        case (.saysTooMuch?, _):
            self.init(status: nil, output: end.output, complaint: "git said too much")
        case (nil, .exited(let status)):
            self.init(status: status, output: end.output, complaint: told ?? "")
        case (nil, .signaled(let signal)):
            let words = "git was killed by \(Signals.name(signal))"
            self.init(status: nil, output: end.output, complaint: words)
        case (nil, .notStarted(_, let doing)):
            self.init(status: nil, output: [], complaint: doing)
        }
        self.errors = errors
    }
}

import Application
import ArgumentParser
import Autonomous
import FileAccess
import Orchestration
import Reporting

/// `quire answer`.
struct AnswerCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "answer",
        abstract: "Answer the question of a task that needs you.",
        discussion: """
            The next session of the task gets the question and the answer, and later ones find both \
            in its answers.md. A run that lives goes on with the task within seconds; otherwise the \
            next one does. Without words, a terminal opens your editor (VISUAL, EDITOR, or vi) on the \
            question. An answer that no session has got yet is replaced.
            """
    )

    @Argument(
        help: "The task, or a pattern for several that ask, such as 'port-*'.",
        completion: .task
    )
    var task: String

    @OptionGroup var words: WordsOptions
    @OptionGroup var place: AddressedTasksOptions

    func run() throws {
        let addressed = try AddressedTasks(place)
        try AddressedTasks.told {
            let named = try addressed.like(task).filter { !addressed.isComplete($0.name) }
            let (asking, unreadable) = AddressedTasks.each(named) { directory in
                try directory.askedQuestion().map { (directory, $0) }
            }
            guard let first = asking.first else {
                try AddressedTasks.fail(unreadable)
                throw Trouble(
                    "\"\(task)\" asks nothing now; to tell its next session something: quire tell "
                        + "\(task) \"…\"",
                    status: ExitStatus.missing
                )
            }
            try words.pass(asking.count == 1 ? first.1 : nil) { text in
                let answered = AddressedTasks.each(asking.map(\.0)) { directory in
                    try addressed.pass(text, to: directory, isAnswer: true)
                    let next = addressed.goingOn(directory.name)
                    Terminal.say("\(directory.name): answered; \(next)")
                    return directory.name
                }
                if answered.troubles.isEmpty { return }
                try AddressedTasks.fail(unreadable + answered.troubles)
            }
            try AddressedTasks.fail(unreadable)
        }
    }
}

/// `quire tell`.
struct TellCommand: WorkingCommand {
    static let configuration = CommandConfiguration(
        commandName: "tell",
        abstract: "Give a task's next session a note.",
        discussion: """
            The note is in the prompt of the next session that starts, also in a run that lives, and \
            later ones find it in the task's answers.md. It changes neither the task's prompt nor its \
            checklist.
            """
    )

    @Argument(help: "The task, or a pattern for several, such as 'port-*'.", completion: .task)
    var task: String

    @OptionGroup var words: WordsOptions
    @OptionGroup var place: AddressedTasksOptions

    func run() throws {
        let addressed = try AddressedTasks(place)
        try AddressedTasks.told {
            let named = try addressed.like(task)
            try words.pass { text in
                let told = AddressedTasks.each(named) { directory in
                    try addressed.pass(text, to: directory, isAnswer: false)
                    Terminal.say("\(directory.name): its next session is told")
                    return directory.name
                }
                try AddressedTasks.fail(told.troubles)
            }
        }
    }
}

package import Orchestration

/// Everything of one task that its page shows, as it lies in its directory and in the records.
package struct TaskDetails: Sendable {
    /// The task's name.
    package var task: String
    /// The checklist's entries: each with its box.
    package var entries: [(text: SafeText, isTicked: Bool)] = []
    /// The reason why there are no entries, in words; `nil` if there are some.
    package var listTrouble: SafeText?
    /// The sessions in the order in which they began.
    package var sessions: [SessionRecord] = []
    /// The end of the log in words, a line each.
    package var log: [SafeText] = []

    /// Makes the details of a task of which nothing is known.
    package init(task: String) { self.task = task }
}

/// The contents of a run's screen.
package struct ScreenContents: Sendable {
    /// The run.
    package var view: RunView
    /// The run's state: "running", "killed" or its ending, as `quire status` has it.
    package var status: String
    /// Further lines of the summary, each a notice.
    package var notices: [SafeText]
    /// The details of the open task; `nil` until they were read.
    package var details: TaskDetails?

    /// Makes contents; see the properties.
    package init(
        view: RunView,
        status: String = "running",
        notices: [SafeText] = [],
        details: TaskDetails? = nil
    ) {
        (self.view, self.status, self.notices) = (view, status, notices)
        self.details = details
    }
}

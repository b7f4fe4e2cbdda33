/// A task that had ended goes on, or a task begins anew.
package struct TaskReopened: Hashable, Sendable, Codable {
    /// The task's name.
    package var task: String
    /// True if nothing is left of the task's work, as its directory was deleted or put away; `nil` for no.
    package var beginsAnew: Bool?
    /// True if a person answered the task's question while the leg runs; `nil` for no.
    package var isAnswered: Bool?
    /// True if a person had the task taken up again while the leg runs, with fresh caps; `nil` for no.
    package var isRetried: Bool?

    /// Makes the fact.
    package init(
        task: String,
        beginsAnew: Bool? = nil,
        isAnswered: Bool? = nil,
        isRetried: Bool? = nil
    ) {
        self.task = task
        self.beginsAnew = beginsAnew
        self.isAnswered = isAnswered
        self.isRetried = isRetried
    }
}

/// The findings in a task's directory.
package struct TaskInspected: Hashable, Sendable, Codable {
    /// The task's name.
    package var task: String
    /// The checklist as found.
    package var checklist: ChecklistState
    /// The thread named in `session.id`; `nil` if there is none.
    package var thread: String?
    /// The stamp of the list and the prompt, as in `TaskEnded`; `nil` if work is left.
    package var list: String?
    /// The stamp of the list's file, which holds the same list as long as its stamp is equal; `nil`
    /// without such a proof, and in journals of earlier versions.
    package var listFile: String?
    /// The changes of the checklist by a session that nobody saw end; `nil` for none, and in journals of
    /// earlier versions.
    package var incident: ListIncident?
    /// The files that were kept of a complete task now; `nil` for none.
    package var artifacts: Artifacts?
    /// The task's question that nobody has answered yet, in one line; `nil` for none.
    package var question: String?

    /// Makes the fact.
    package init(
        task: String,
        checklist: ChecklistState,
        thread: String? = nil,
        list: String? = nil,
        listFile: String? = nil,
        incident: ListIncident? = nil
    ) {
        self.task = task
        self.checklist = checklist
        self.thread = thread
        self.list = list
        self.listFile = listFile
        self.incident = incident
    }
}

/// A task ended.
package struct TaskEnded: Hashable, Sendable, Codable {
    /// The task's name.
    package var task: String
    /// The outcome.
    package var outcome: Outcome
    /// The reason, for people; one line.
    package var reason: String
    /// Number of the task's sessions so far, over all legs.
    package var sessions: Int
    /// The last good progress.
    package var progress: Progress?
    /// The stamp of a complete task's list and prompt: equal stamps mean that neither has changed;
    /// `nil` if nobody took it, and in journals of earlier versions.
    package var list: String?
    /// The files that were kept of a complete task; `nil` for none.
    package var artifacts: Artifacts?

    /// The stamp of the list's file, as in `TaskInspected`: the first four words of `list`.
    ///
    /// It is `nil` also if the file was changed at a whole second: its file system may count in
    /// those, and hide a further change within the same one.
    package var listFile: String? {
        let words = list?.split(separator: " ").prefix(4) ?? []
        guard words.count == 4, words[3].contains("."), !words[3].hasSuffix(".0") else {
            return nil
        }
        return words.joined(separator: " ")
    }

    /// Makes the fact; see the properties.
    package init(
        task: String,
        outcome: Outcome,
        reason: String,
        sessions: Int,
        progress: Progress? = nil,
        list: String? = nil
    ) {
        self.task = task
        self.outcome = outcome
        self.reason = reason
        self.sessions = sessions
        self.progress = progress
        self.list = list
    }
}

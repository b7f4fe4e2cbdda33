import Orchestration

/// A start that waits for its record.
struct PendingStart {
    var fact: SessionStarted
    /// The task's checklist at the decision.
    var checklist: ChecklistState
    /// The earlier usage of the resumed thread; `nil` if it is unknown.
    var resumedUsage: TokenUsage?
    /// The forbidden changes of the list by a session before; `nil` for none.
    var incident: ListIncident?
    /// The number of entries that the list may have afterwards; `nil` for any.
    var mostEntries: Int?
    /// The failures of the task's check since it last passed; `nil` for none.
    var checkTrouble: TaskState.CheckTrouble?
}

/// The decisions of a turn that wait for their record.
struct Decisions {
    var at: Moment
    var facts: [RunEvent] = []
    var starts: [PendingStart] = []
    /// The hooks of tasks' ends that begin.
    var hooks: [PendingHook] = []
    /// The tasks whose directories are no longer used.
    var releases: [String] = []
    /// The tasks whose directories are opened, perhaps once more.
    var openings: [String] = []
    /// The answers to people's requests, by their numbers.
    var answers: [(id: Int, answer: SteeringAnswer)] = []
    /// The ending of the leg; `nil` while it goes on.
    var ending: Ending?

    /// True if something waits for the record.
    var areUrgent: Bool {
        !starts.isEmpty || !hooks.isEmpty || !releases.isEmpty || ending != nil || !openings.isEmpty
            || !answers.isEmpty
    }
}

/// A person's request to change a run while it runs.
///
/// Tasks are given by name or by a pattern of the shell. Requests come over the run's socket, as JSON
/// (`config/control.schema.json`), or from the run's own view; the decision and its record are the same.
package enum SteeringRequest: Hashable, Sendable {
    /// Start nothing more until `resume`; running sessions end politely, and go on with their threads
    /// afterwards, unless the pause is to begin after they have ended by themselves.
    case pause(afterSessions: Bool)
    /// Undo a pause, or a drain.
    case resume
    /// Start nothing more, and end the leg when the running sessions have ended.
    case drain
    /// End the sessions of tasks politely, and cancel the tasks.
    case stop([String])
    /// Leave waiting tasks, and those that need them, out of this leg.
    case skip([String])
    /// Take tasks up again that ended without being complete, or wait for a retry, with fresh retries.
    case retry([String])
    /// Change settings of the run: all of these, or none.
    case set(SteeringSettings)
    /// Give the next session of tasks a note.
    case tell([String], String)
    /// Answer the question of tasks that ask.
    case answer([String], String)
    /// Add the tasks of a manifest that has grown; the path is absolute.
    case add(manifest: String)

    /// Changes the greatest number of sessions at once.
    package static func setConcurrency(_ limit: Int) -> SteeringRequest {
        .set(SteeringSettings(concurrency: limit))
    }

    /// Changes the run's budget: the limits that are given.
    package static func setBudget(_ budget: Budget) -> SteeringRequest {
        .set(SteeringSettings(budget: budget))
    }

    /// Changes the priority of tasks; larger goes first.
    package static func setPriority(_ tasks: [String], _ priority: Int) -> SteeringRequest {
        .set(SteeringSettings(priorities: [.init(tasks: tasks, priority: priority)]))
    }
}

/// Settings of a run that can change while it runs; what is `nil` or empty stays as it is.
package struct SteeringSettings: Hashable, Sendable {
    /// A priority for tasks.
    package struct Priority: Hashable, Sendable, Codable {
        /// Names or patterns of the tasks.
        package var tasks: [String]
        /// The priority; larger goes first.
        package var priority: Int

        /// Makes a priority for tasks.
        package init(tasks: [String], priority: Int) {
            (self.tasks, self.priority) = (tasks, priority)
        }
    }

    /// The greatest number of sessions at once.
    package var concurrency: Int?
    /// The limits of the run's budget that change.
    package var budget: Budget?
    /// The priorities that change, in order: the last one that names a task counts.
    package var priorities: [Priority]
    /// The consequence of a usage limit, as the manifest names it.
    package var onLimit: String?

    /// Makes settings of which nothing changes unless given.
    package init(
        concurrency: Int? = nil,
        budget: Budget? = nil,
        priorities: [Priority] = [],
        onLimit: String? = nil
    ) {
        (self.concurrency, self.budget) = (concurrency, budget)
        (self.priorities, self.onLimit) = (priorities, onLimit)
    }
}

/// The run's reply to a request, given once the journal has what was decided.
package enum SteeringAnswer: Hashable, Sendable {
    /// The request was carried out, or is under way: in words for people, with the tasks that it concerns.
    case accepted(String, tasks: [String])
    /// Nothing was changed; the reason says why, and what to do.
    case refused(String)
}

/// The person who steers a run, and the program with which.
package struct Steerer: Hashable, Sendable, Codable {
    /// The program or view: `quire pause`, `view`.
    package var client: String
    /// The user's number; `nil` if unknown.
    package var uid: UInt32?
    /// The user's name; `nil` if unknown.
    package var user: String?
    /// The program's process; `nil` if unknown.
    package var pid: Int32?

    /// Describes a person; see the properties.
    package init(client: String, uid: UInt32? = nil, user: String? = nil, pid: Int32? = nil) {
        (self.client, self.uid, self.user, self.pid) = (client, uid, user, pid)
    }

    /// The person in words that follow "by": `alice (quire pause, process 12)`.
    package var words: String {
        let person = self.user ?? uid.map { "user \($0)" } ?? "somebody"
        let process = pid.map { ", process \($0)" } ?? ""
        return "\(person.oneLine(40)) (\(client.oneLine(40))\(process))"
    }
}

/// A request on its way to the decisions.
package struct Steering: Hashable, Sendable {
    /// The number by which the answer is known.
    package var id: Int
    /// The request.
    package var request: SteeringRequest
    /// The person who asks.
    package var by: Steerer
    /// The most sessions at once that the process has descriptors for; `nil` if that is unknown.
    package var mostSessions: Int?

    /// Makes a request of a person.
    package init(
        id: Int,
        _ request: SteeringRequest,
        by person: Steerer,
        mostSessions: Int? = nil
    ) {
        (self.id, self.request, by) = (id, request, person)
        self.mostSessions = mostSessions
    }
}

/// The tasks of a manifest, read while the run goes on.
package enum GrownManifest: Hashable, Sendable {
    /// The manifest can't be used; the reason says why.
    case refused(String)
    /// All groups and tasks of the manifest.
    case read(groups: [GroupPlan], tasks: [TaskPlan])
}

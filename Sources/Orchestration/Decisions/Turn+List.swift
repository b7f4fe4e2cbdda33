// Checklists that sessions changed as they must not.
extension Turn {
    /// Tells people of changes of a task's list that were undone.
    mutating func report(_ incident: ListIncident?, of name: String) {
        guard let incident, let task = state.task(name) else { return }
        let place = incident.place.map { "; what the session left is in \($0)" } ?? ""
        guard incident.isTampering else {
            return warn("\(incident.words), and taken out: see growth\(place)", task: name)
        }
        let count =
            task.tampered == 0
            ? "" : "; \(task.tampered) of \(task.tamperLimit) such sessions (tamper_limit)"
        warn(
            "a session changed its list (\(incident.words)): the list was put back, with the ticks that "
                + "count\(place)\(count)",
            task: name
        )
    }
}

extension TaskState {
    /// The number of charged sessions that change the list as they must not, with which the task ends.
    var tamperLimit: Int { plan.tamperLimit ?? 2 }

    /// The reason why the task ends for what sessions did to its list; `nil` while it goes on.
    var tampering: String? {
        guard self.tampered >= tamperLimit else { return nil }
        let words = self.incident.map { ", last: \($0.words)" } ?? ""
        return
            "\(Format.count(self.tampered, "session")) changed its list (tamper_limit)\(words); the list "
            + "was put back each time"
    }

    /// The number of entries that the list may have after the next session; `nil` for any.
    package var mostEntries: Int? {
        guard let growth = plan.growth, let total = checklist.progress?.total else { return nil }
        let first = self.firstTotal ?? total
        return max(total, first + (first * growth + 99) / 100)
    }

    /// Notes what a session did to the list, for the next session.
    mutating func note(_ incident: ListIncident?, isCharged: Bool) {
        if let incident {
            self.incident = incident
            // A session that was cut down may have been in the middle of writing.
            if incident.isTampering, isCharged { self.tampered += 1 }
        } else if isCharged {
            self.incident = nil
        }
    }

    /// Notes the length of the list when it was first seen.
    mutating func noteLength() {
        guard plan.growth != nil, self.firstTotal == nil else { return }
        self.firstTotal = checklist.progress?.total
    }
}

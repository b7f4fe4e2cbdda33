package import Orchestration
import Reporting

/// The part of a task's log that a person asks for.
package struct LogFilter: Hashable, Sendable {
    /// The number of the only session; `nil` for all.
    package var session: Int?
    /// The instant before which sessions ended that are left out; `nil` for none.
    package var since: WallTime?
    /// True if of sessions that did not fail, only the commands that failed are shown.
    package var failedOnly = false

    /// Makes a filter that leaves nothing out.
    package init() {}

    /// The parts of a session that are shown.
    enum Part: Hashable, Sendable {
        case whole, failures, nothing
    }

    /// True if nothing is left out.
    package var isEmpty: Bool { self == LogFilter() }

    /// Returns true if the whole of a session is shown.
    package func shows(_ session: SessionRecord) -> Bool { part(of: session) == .whole }

    /// Returns true if a session may be shown, failed or not.
    private func allows(_ session: SessionRecord) -> Bool {
        let isNumbered = self.session == nil || self.session == session.key.number
        let isNew = since.map { session.end?.time ?? $0 >= $0 } ?? true
        return isNumbered && isNew
    }

    /// Returns the part of a session that is shown; of one that goes on, nobody knows whether it will fail.
    func part(of session: SessionRecord) -> Part {
        guard allows(session) else { return .nothing }
        return failedOnly && !session.hasFailed ? .failures : .whole
    }

    /// The part that is shown of a thread that no session is known of.
    var partOfUnknown: Part {
        session != nil || since != nil ? .nothing : failedOnly ? .failures : .whole
    }
}

extension SessionRecord {
    /// True if the session failed, or its check did.
    var hasFailed: Bool {
        end?.verdict.isFailure == true || end?.failure != nil
            || check?.result?.takesTicksBack == true
            || check?.result == .couldNotRun
    }
}

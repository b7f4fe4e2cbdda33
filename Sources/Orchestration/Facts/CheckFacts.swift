/// The result of a check: the user's own command that decides whether work counts.
package enum CheckResult: String, Hashable, Sendable, Word, CaseIterable {
    /// The command ended with status 0: the work counts.
    case passed
    /// The command ended with another status.
    case failed
    /// The command took longer than it may.
    case timedOut = "timed_out"
    /// The command is not there, can't be executed or was killed: nobody knows whether the work counts.
    case couldNotRun = "could_not_run"
    /// The command was ended with the run, and runs again.
    case stopped
    /// The command was not started: a person had left nothing in the list that was to be checked.
    case withdrawn

    /// Judges the end of a check's process.
    ///
    /// `isLate` says that it was ended at its limit, `isStopped` that it was ended with the run.
    package init(_ termination: Termination, isLate: Bool = false, isStopped: Bool = false) {
        switch termination {
        case _ where isLate: self = .timedOut
        // A command that ends politely may exit with 0 although it was not done.
        case _ where isStopped: self = .stopped
        case .exited(0): self = .passed
        // Of a shell: found and not executable, and not found.
        case .exited(126), .exited(127), .signaled, .notStarted: self = .couldNotRun
        case .exited: self = .failed
        }
    }

    /// Returns the result of a check in words; `message` follows "it".
    package func words(of check: String, _ message: String?) -> String {
        let trouble = message.map { ": it \($0)" } ?? ""
        switch self {
        case .passed: return "\(check) passed"
        case .failed, .timedOut: return "\(check) failed\(trouble)"
        case .couldNotRun: return "\(check) could not run\(trouble)"
        case .stopped: return "\(check) was ended with the run, and runs again"
        case .withdrawn: return "\(check) was not run, as its list claims nothing any more"
        }
    }

    /// True if the ticks that the check was about are taken back.
    package var takesTicksBack: Bool {
        switch self {
        case .failed, .timedOut: true
        case .passed, .couldNotRun, .stopped, .withdrawn: false
        }
    }
}

/// A check of a task's work began.
package struct CheckBegan: Hashable, Sendable, Codable {
    /// The task's name.
    package var task: String
    /// The newest session, by its number within the task; 0 before the first.
    package var session: Int

    /// Makes the fact.
    package init(task: String, session: Int) { (self.task, self.session) = (task, session) }
}

/// A check of a task's work ended.
package struct CheckEnded: Hashable, Sendable, Codable {
    /// The task's name.
    package var task: String
    /// The newest session, by its number within the task; 0 before the first.
    package var session: Int
    /// The result.
    package var result: CheckResult
    /// The way in which the command's process ended; `nil` if none was started.
    package var termination: Termination?
    /// The duration, in seconds.
    package var seconds: Double
    /// The trouble in words that follow "it", and where its log is; `nil` if the check passed.
    package var message: String?
    /// The end of what the command said, without control characters; `nil` if the check passed.
    package var output: String?
    /// The list's progress afterwards; `nil` if it is damaged or missing.
    package var progress: Progress?
    /// The stamp of the list's file afterwards, as in `TaskInspected`.
    package var listFile: String?
    /// The commit that the task's tree began from, and a fingerprint of the command; `nil` if the base is
    /// not checked.
    package var base: String?
    /// True if the untouched base was checked, before the task's first session; `nil` for no.
    package var isOfBase: Bool?
    /// True if the check failed as it had on the untouched base; `nil` for no, and if that is not known.
    package var isAsBase: Bool?

    /// The session's identity.
    package var key: SessionKey { SessionKey(task: task, number: session) }

    /// Makes the fact of a check that passed at once; see the properties.
    package init(task: String, session: Int, _ result: CheckResult) {
        (self.task, self.session, self.result) = (task, session, result)
        seconds = 0
    }

    /// The result in words that follow the task's name.
    package var words: String {
        let check = isOfBase == true ? "the check of its untouched base" : "its check"
        let base = isAsBase == true ? ", as its untouched base does" : ""
        return result.words(of: check, message) + base
    }

    /// The features that two failures of a check must share to count as the same: the result, the status,
    /// and the end of the output without what `CheckSignature` leaves out.
    var signature: String {
        var status = ""
        if case .exited(let number)? = termination { status = "\(number)" }
        var fingerprint = Fingerprint("\(result.rawValue) \(status)")
        fingerprint.add(CheckSignature.normalized(output ?? ""))
        return fingerprint.text
    }
}

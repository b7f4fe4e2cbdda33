import Orchestration

/// Words for hooks.
enum HookWords {
    /// Returns one line about a hook that ended; `nil` where that needs none.
    static func ended(_ fact: HookEnded) -> String? {
        // A warning, or the failure of its session, has the words of one that failed.
        guard fact.result == .passed else { return nil }
        switch fact.hook {
        // There may be thousands of sessions.
        case .beforeSession, .afterSession, .notify: return nil
        case .onComplete, .onFail, .runBegin, .runEnd:
            let time = Format.duration(Duration(inSeconds: fact.seconds))
            return (fact.task.map { "\($0): " } ?? "") + "\(fact.words), \(time)"
        }
    }
}

package import Orchestration

// The list right before its check.
extension TaskDirectory {
    /// The list that a check is about.
    package struct Claim: Sendable {
        /// The list, which is the accepted copy, too.
        package var look: ChecklistLook
        /// The changes by a person since the last inspection, in words; `nil` for none.
        package var news: String?
        /// False if a person left nothing to be checked.
        package var isOne = true
    }

    /// Inspects the list right before its check, for which it has waited, and keeps it as the accepted copy.
    ///
    /// Changes by a person meanwhile count, unless the list is none any more: then the check puts it back.
    package func inspectBeforeCheck(
        after last: ChecklistLook,
        on occasion: CheckPlan.Occasion
    ) -> Claim {
        var look = inspectAndKeep(after: last, needsText: true)
        let news = look.news
        look.news = nil
        guard let progress = look.state.progress else { return Claim(look: last) }
        let isOne =
            switch occasion {
            case .completion: progress.isComplete
            case .tick: progress.isComplete || isTickedBeyond(look.text)
            }
        return Claim(look: look, news: news, isOne: isOne)
    }

    /// Indicates whether the list's entries are those of the accepted copy, as far as both can be read.
    package func isAsKept() -> Bool {
        guard let found = try? listBytes(), let list = try? Checklist(bytes: found),
            let copy = try? goodCopy()
        else { return false }
        return list == copy
    }

    /// True if a list has ticks that no check has confirmed; also if nobody knows.
    private func isTickedBeyond(_ text: [UInt8]?) -> Bool {
        guard let list = text.flatMap({ try? Checklist(bytes: $0) }) else { return true }
        let begun = ((try? begunList()) ?? nil)?.entries.filter(\.isTicked) ?? []
        return list.entries.contains { $0.isTicked && !begun.contains($0) }
    }
}

import Orchestration

// The list is sacred: boxes may be ticked and entries appended; any other change is damage.
extension Checklist {
    /// Returns the first change since the accepted list that an agent may not make; `nil` if there is none.
    package func damage(since good: Checklist) -> Damage? {
        for (place, old) in good.entries.enumerated() {
            guard let new = entry(at: place, insteadOf: old) else {
                return Damage(description: gone(old, at: place))
            }
            if new.text != old.text {
                return Damage(description: "entry \(old.number) was reworded")
            }
            if old.isTicked && !new.isTicked {
                return Damage(description: "the box of entry \(old.number) was unticked")
            }
        }
        return nil
    }

    /// Returns the ticks and the appended entries since the accepted list, from which nothing else differs;
    /// `nil` if there are none.
    func claim(since good: Checklist) -> Damage? {
        let ticked = zip(entries, good.entries).filter { $0 != $1 }.map(\.0.number)
        let added = entries.dropFirst(good.entries.count).map(\.number)
        let words = [("ticked", ticked), ("appended", added)].filter { !$0.1.isEmpty }
            .map { "\(Self.words(for: $0.1)) \($0.0)" }
        return words.isEmpty ? nil : Damage(description: words.joined(separator: ", "))
    }

    /// Describes the work that a person added to a complete task, by unticking boxes or appending
    /// entries.
    ///
    /// - Returns: the changes since the copy in words; `nil` if the copy was not complete, nothing was
    ///   changed, or anything else was changed, too.
    package func reopening(of good: Checklist) -> String? {
        guard good.progress.isComplete, entries.count >= good.entries.count else { return nil }
        var unticked: [Int] = []
        for (place, old) in good.entries.enumerated() {
            guard let new = entry(at: place, insteadOf: old), new.text == old.text else {
                return nil
            }
            if !new.isTicked { unticked.append(new.number) }
        }
        let added = entries.dropFirst(good.entries.count).filter { !$0.isTicked }.map(\.number)
        let changes = [("unticked", unticked), ("appended", added)].filter { !$0.1.isEmpty }
        guard !changes.isEmpty else { return nil }
        return changes.map { "\(Self.words(for: $0.1)) \($0.0)" }.joined(separator: ", ")
    }

    private func entry(at place: Int, insteadOf old: Entry) -> Entry? {
        guard place < entries.count, entries[place].number == old.number else { return nil }
        return entries[place]
    }

    private func gone(_ old: Entry, at place: Int) -> String {
        guard place < entries.count else { return "entry \(old.number) is gone" }
        return "entry \(old.number) is gone: entry \(entries[place].number) stands in its place"
    }

    /// Returns the subject of a sentence on entries, and its verb.
    static func words(for numbers: [Int]) -> String {
        guard numbers.count > 1 else { return "entry \(numbers[0]) was" }
        let shown = numbers.prefix(5).map { "\($0)" }.joined(separator: ", ")
        let more = numbers.count > 5 ? " and \(numbers.count - 5) more" : ""
        return "entries \(shown)\(more) were"
    }
}

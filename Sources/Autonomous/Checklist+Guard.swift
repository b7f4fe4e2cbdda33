// The list is sacred: boxes may be ticked and entries appended; all else is damage.
extension Checklist {
    /// What an agent did to the last good copy that it may not do; `nil` for a list in order.
    package func damage(since good: Checklist) -> Damage? {
        for (place, old) in good.entries.enumerated() {
            guard place < entries.count else {
                return Damage(description: "entry \(old.number) is gone")
            }
            let new = entries[place]
            if let words = Self.change(from: old, to: new) { return Damage(description: words) }
        }
        return nil
    }

    private static func change(from old: Entry, to new: Entry) -> String? {
        if new.number != old.number {
            return "entry \(old.number) is gone: entry \(new.number) stands in its place"
        }
        if new.text != old.text { return "entry \(old.number) was reworded" }
        if old.isTicked && !new.isTicked { return "the box of entry \(old.number) was unticked" }
        return nil
    }
}

import Orchestration

/// The judgement on a checklist that a session left, against the one that was accepted before.
///
/// Boxes may be ticked and entries appended, as far as the list may grow. Everything else about entries
/// is put back. What is no entry may change freely. A tick counts where an entry's number and its text
/// stand as they were accepted, in every place where they stand: in doubt a box is empty.
package struct ListJudgement: Hashable, Sendable {
    /// The forbidden change in words; `nil` for none.
    package private(set) var damage: String?
    /// The entries that were appended though the list may not grow so far, in words; `nil` for none.
    package private(set) var surplus: String?
    /// The list as it counts: the one that was found, or another one to be put in its place.
    package private(set) var text: [UInt8]
    /// The entries of `text`.
    package private(set) var list: Checklist

    /// True if the list that was found is not accepted as it is.
    package var isRepaired: Bool { damage != nil || surplus != nil }

    /// Judges a list; `found` is `nil` if there is none any more.
    ///
    /// `most` is the number of entries that the list may have; `nil` for any. No entry of a list that
    /// `isNobodys` may change at all: ticks and appended entries are damage, too, and the accepted list counts.
    ///
    /// - Throws: `Damage` if the accepted list is none.
    package init(
        _ found: [UInt8]?,
        since accepted: [UInt8],
        most: Int? = nil,
        isNobodys: Bool = false
    ) throws(Checklist.Damage) {
        let before = try Checklist(bytes: accepted)
        (text, list) = (accepted, before)
        let room = most.map { max(0, $0 - before.entries.count) } ?? .max
        do throws(Checklist.Damage) {
            guard let found else { throw Checklist.Damage(description: "it is gone") }
            let now = try Checklist(bytes: found)
            if let damage = now.damage(since: before) { throw damage }
            if isNobodys, let claim = now.claim(since: before) { throw claim }
            (text, list) = (found, now)
            guard now.entries.count - before.entries.count > room else { return }
            let extra = now.entries.dropFirst(before.entries.count + room)
            surplus = "\(Checklist.words(for: extra.map(\.number))) appended"
        } catch {
            damage = error.description
            if isNobodys { return }
        }
        repair(Located(found ?? []), since: Located(accepted), before, room: room)
    }

    /// Finds the text to be put in place: the one that was found with its entries put right, or else the
    /// accepted one with the new ticks and entries.
    private mutating func repair(
        _ found: Located,
        since accepted: Located,
        _ before: Checklist,
        room: Int
    ) {
        var wanted = before
        found.tick(&wanted)
        let appended = found.appended(to: before).prefix(room)
        let grown = Checklist(entries: wanted.entries + appended.map(\.entry))
        let texts: [(Checklist, () -> [UInt8]?)] = [
            (grown, { found.putRight(grown.entries, after: accepted) }),
            (grown, { accepted.ticked(grown.entries, appending: Array(appended), of: found) }),
            (wanted, { accepted.ticked(wanted.entries, appending: [], of: found) }),
        ]
        for (list, make) in texts {
            guard let bytes = make(), let read = try? Checklist(bytes: bytes), read == list else {
                continue
            }
            return (text, self.list) = (bytes, list)
        }
        // Not reached, as a tick changes nothing that Markdown knows.
        (text, list) = (accepted.bytes, before)
    }
}

extension ListJudgement {
    /// Returns the text without the ticks that came since a list; at least one is taken back of a complete
    /// list, the last.
    ///
    /// `begun` is `nil` if nobody knows that list: then that one tick alone is taken back.
    func text(ticksOf begun: Checklist?) -> [UInt8] {
        var entries = list.entries
        if let begun {
            let kept = Set(begun.entries.filter(\.isTicked))
            for place in entries.indices where !kept.contains(entries[place]) {
                entries[place].isTicked = false
            }
        }
        if list.progress.isComplete, entries == list.entries {
            entries[entries.count - 1].isTicked = false
        }
        let located = Located(text)
        return located.ticked(entries, appending: [], of: located)
    }
}

/// A checklist's text and the places of its entries, as far as it can be read at all.
private struct Located {
    struct Place {
        var entry: Checklist.Entry
        /// The line without its end.
        var line: Range<Int>
    }

    let bytes: [UInt8]
    private(set) var places: [Place] = []
    /// The end of the last line of the last entry and its notes.
    private var end = 0
    /// True if reading ended early, or something was passed over.
    private var isDamaged = false

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var (places, end, isOdd) = (places, end, false)
        do throws(Checklist.Damage) {
            try Checklist.read(bytes) { line, number, isNested in
                if isNested {
                    if !places.isEmpty { end = line.endIndex }
                    return
                }
                do throws(Checklist.Damage) {
                    guard let entry = try Checklist.entry(on: line, number) else { return }
                    places.append(Place(entry: entry, line: line.startIndex..<line.endIndex))
                    end = line.endIndex
                } catch {
                    isOdd = true
                }
            }
        } catch {
            isOdd = true
        }
        (self.places, self.end, isDamaged) = (places, end, isOdd)
    }

    /// Ticks the entries that are ticked here wherever they stand.
    func tick(_ list: inout Checklist) {
        var ticked: [Checklist.Entry: Bool] = [:]
        for place in places {
            var entry = place.entry
            entry.isTicked = true
            ticked[entry] = (ticked[entry] ?? true) && place.entry.isTicked
        }
        for index in list.entries.indices where !list.entries[index].isTicked {
            var entry = list.entries[index]
            entry.isTicked = true
            if ticked[entry] == true { list.entries[index] = entry }
        }
    }

    /// Returns the entries that follow those of a list: with rising numbers, and texts that it has not.
    func appended(to list: Checklist) -> [Place] {
        let known = Set(list.entries.map(\.text))
        var last = list.entries.last?.number ?? 0
        return places.filter { place in
            guard place.entry.number > last, !known.contains(place.entry.text) else { return false }
            last = place.entry.number
            return true
        }
    }

    /// Returns the text with other entries in the places of those that it has; `nil` if those can't be
    /// told apart.
    func putRight(_ entries: [Checklist.Entry], after accepted: Located) -> [UInt8]? {
        let old = accepted.places
        guard !isDamaged, places.count >= entries.count,
            zip(places, entries).allSatisfy({ $0.entry.number == $1.number })
        else { return nil }
        var text = bytes
        // From the end on, so that places before stay true.
        for index in places.indices.reversed() {
            let place = places[index]
            if index >= entries.count {
                text.removeSubrange(
                    place.line.lowerBound..<bytes.lineEnd(from: place.line.upperBound)
                )
            } else if index < old.count, place.entry != entries[index] {
                text.replaceSubrange(place.line, with: accepted.line(index, as: entries[index]))
            }
        }
        return text
    }

    /// Returns the text with these boxes and further entries.
    func ticked(
        _ entries: [Checklist.Entry],
        appending more: [Place],
        of other: Located
    ) -> [UInt8] {
        var text = bytes
        for (place, entry) in zip(places, entries) {
            text[place.line] = line(of: place, as: entry)[...]
        }
        let lineEnd = bytes[end..<bytes.lineEnd(from: end)]
        let added = more.flatMap { place in
            (lineEnd.isEmpty ? [UInt8(ascii: "\n")] : Array(lineEnd)) + other.bytes[place.line]
        }
        text.insert(contentsOf: added, at: end)
        return text
    }

    private func line(_ index: Int, as entry: Checklist.Entry) -> [UInt8] {
        line(of: places[index], as: entry)
    }

    /// Returns an entry's line with the box of another.
    private func line(of place: Place, as entry: Checklist.Entry) -> [UInt8] {
        var line = Array(bytes[place.line])
        // After "- [".
        if entry.isTicked != place.entry.isTicked {
            line[3] = UInt8(ascii: entry.isTicked ? "x" : " ")
        }
        return line
    }
}

extension [UInt8] {
    /// Returns the index after the end of the line that `index` ends.
    fileprivate func lineEnd(from index: Int) -> Int {
        var rest = self[index...]
        _ = rest.takeLine()
        return rest.startIndex
    }
}

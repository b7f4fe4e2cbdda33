/// A task in a heap; valid as long as the task still waits under the same sequence number.
struct KeyEntry: Hashable, Comparable, Sendable {
    var key: Double
    var sequence: UInt32
    var task: Int32

    static func < (left: KeyEntry, right: KeyEntry) -> Bool {
        left.key != right.key ? left.key < right.key : left.sequence < right.sequence
    }
}

/// A 4-ary min-heap of 16-byte entries: half as deep as a binary one, and a node's children share
/// a cache line.
struct KeyHeap: Hashable, Sendable, Codable {
    private(set) var entries: [KeyEntry] = []

    /// The least entry.
    var first: KeyEntry? { entries.first }

    mutating func push(_ entry: KeyEntry) {
        entries.append(entry)
        siftUp(entries.count - 1, entry)
    }

    mutating func popFirst() {
        guard let last = entries.popLast(), !entries.isEmpty else { return }
        siftDown(0, last)
    }

    /// Replaces the first entry by another one; there must be one.
    mutating func replaceFirst(_ entry: KeyEntry) {
        siftDown(0, entry)
    }

    /// Drops all entries that don't satisfy the predicate; takes linear time.
    mutating func keep(where isValid: (KeyEntry) -> Bool) {
        entries.removeAll { !isValid($0) }
        guard entries.count > 1 else { return }
        for place in stride(from: (entries.count - 2) / 4, through: 0, by: -1) {
            siftDown(place, entries[place])
        }
    }

    private mutating func siftUp(_ start: Int, _ entry: KeyEntry) {
        var heap = entries.mutableSpan
        var place = start
        while place > 0 {
            let parent = (place - 1) / 4
            guard entry < heap[parent] else { break }
            heap[place] = heap[parent]
            place = parent
        }
        heap[place] = entry
    }

    private mutating func siftDown(_ start: Int, _ entry: KeyEntry) {
        var heap = entries.mutableSpan
        let count = heap.count
        var place = start
        while true {
            let firstChild = 4 * place + 1
            guard firstChild < count else { break }
            var (least, leastEntry) = (firstChild, heap[firstChild])
            for child in (firstChild + 1)..<max(firstChild + 1, min(firstChild + 4, count)) {
                let other = heap[child]
                if other < leastEntry { (least, leastEntry) = (child, other) }
            }
            guard leastEntry < entry else { break }
            heap[place] = leastEntry
            place = least
        }
        heap[place] = entry
    }
}

extension KeyHeap {
    /// Reads what `encode(to:)` writes.
    init(from decoder: any Decoder) throws { entries = try Packed<KeyEntry>(from: decoder).values }

    /// Writes the entries, packed.
    func encode(to encoder: any Encoder) throws { try Packed(entries).encode(to: encoder) }
}

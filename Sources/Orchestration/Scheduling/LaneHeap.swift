/// A 4-ary min-heap of lanes that knows the index of each one, so that a lane's key can change.
struct LaneHeap: Hashable, Sendable, Codable {
    /// The order of lanes: ties go to the smaller number.
    struct Key: Hashable, Comparable, Sendable, Codable {
        var value: Double
        var tie: UInt32

        static func < (left: Key, right: Key) -> Bool {
            left.value != right.value ? left.value < right.value : left.tie < right.tie
        }
    }

    private struct Entry: Hashable, Sendable, Codable {
        var key: Key
        var lane: Int32
    }

    private var entries: [Entry] = []
    /// Index of each lane in the heap; -1 for a lane that is not in it.
    private var places: [Int32]

    /// Makes an empty heap for lanes below `count`.
    init(count: Int) {
        places = Array(repeating: -1, count: count)
    }

    /// Adds a lane, which is numbered after the others.
    mutating func addLane() { places.append(-1) }

    var isEmpty: Bool { entries.isEmpty }

    /// The lane with the least key.
    var first: Int? { entries.first.map { Int($0.lane) } }

    /// The least key.
    var firstKey: Key? { entries.first?.key }

    /// Sets a lane's key; adds the lane if it is missing.
    mutating func set(_ lane: Int, _ key: Key) {
        let place = Int(places[lane])
        let entry = Entry(key: key, lane: Int32(lane))
        if place < 0 {
            entries.append(entry)
            Self.siftUp(entries.count - 1, entry, &entries, &places)
        } else if entries.count == 1 {
            entries[0] = entry
        } else if key < entries[place].key {
            Self.siftUp(place, entry, &entries, &places)
        } else if entries[place].key < key {
            Self.siftDown(place, entry, &entries, &places)
        }
    }

    /// Removes a lane; does nothing if it is missing.
    mutating func remove(_ lane: Int) {
        let place = Int(places[lane])
        guard place >= 0 else { return }
        places[lane] = -1
        guard let last = entries.popLast(), place < entries.count else { return }
        if last.key < entries[place].key {
            Self.siftUp(place, last, &entries, &places)
        } else {
            Self.siftDown(place, last, &entries, &places)
        }
    }

    private static func siftUp(
        _ start: Int,
        _ entry: Entry,
        _ entries: inout [Entry],
        _ places: inout [Int32]
    ) {
        var heap = entries.mutableSpan
        var placeOf = places.mutableSpan
        var place = start
        while place > 0 {
            let parent = (place - 1) / 4
            let other = heap[parent]
            guard entry.key < other.key else { break }
            heap[place] = other
            placeOf[Int(other.lane)] = Int32(place)
            place = parent
        }
        heap[place] = entry
        placeOf[Int(entry.lane)] = Int32(place)
    }

    private static func siftDown(
        _ start: Int,
        _ entry: Entry,
        _ entries: inout [Entry],
        _ places: inout [Int32]
    ) {
        var heap = entries.mutableSpan
        var placeOf = places.mutableSpan
        let count = heap.count
        var place = start
        while true {
            let firstChild = 4 * place + 1
            guard firstChild < count else { break }
            var (least, leastEntry) = (firstChild, heap[firstChild])
            for child in (firstChild + 1)..<max(firstChild + 1, min(firstChild + 4, count)) {
                let other = heap[child]
                if other.key < leastEntry.key { (least, leastEntry) = (child, other) }
            }
            guard leastEntry.key < entry.key else { break }
            heap[place] = leastEntry
            placeOf[Int(leastEntry.lane)] = Int32(place)
            place = least
        }
        heap[place] = entry
        placeOf[Int(entry.lane)] = Int32(place)
    }
}

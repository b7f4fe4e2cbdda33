/// A min-heap of lanes that knows where each one is, so that a lane's key can change.
struct LaneHeap: Hashable, Sendable {
    /// What orders lanes: ties go to the smaller number.
    struct Key: Hashable, Comparable, Sendable {
        var value: Double
        var tie: UInt32

        static func < (left: Key, right: Key) -> Bool {
            left.value != right.value ? left.value < right.value : left.tie < right.tie
        }
    }

    private struct Entry: Hashable, Sendable {
        var key: Key
        var lane: Int32
    }

    private var entries: [Entry] = []
    /// Where each lane is; -1 for one that is not in the heap.
    private var places: [Int32]

    /// Makes an empty heap for lanes below `count`.
    init(count: Int) {
        places = Array(repeating: -1, count: count)
    }

    var isEmpty: Bool { entries.isEmpty }

    /// The lane with the least key.
    var first: Int? { entries.first.map { Int($0.lane) } }

    /// The least key.
    var firstKey: Key? { entries.first?.key }

    /// Sets a lane's key, and adds the lane if need be; `nil` removes it.
    mutating func set(_ lane: Int, _ key: Key?) {
        let place = Int(places[lane])
        guard let key else {
            if place >= 0 { remove(at: place) }
            return
        }
        let entry = Entry(key: key, lane: Int32(lane))
        if place < 0 {
            entries.append(entry)
            siftUp(entries.count - 1, entry)
        } else if key == entries[place].key {
            return
        } else if entries.count == 1 {
            entries[0] = entry
        } else if key < entries[place].key {
            siftUp(place, entry)
        } else {
            siftDown(place, entry)
        }
    }

    private mutating func remove(at place: Int) {
        places[Int(entries[place].lane)] = -1
        guard let last = entries.popLast(), place < entries.count else { return }
        if last.key < entries[place].key {
            siftUp(place, last)
        } else {
            siftDown(place, last)
        }
    }

    private mutating func put(_ entry: Entry, at place: Int) {
        entries[place] = entry
        places[Int(entry.lane)] = Int32(place)
    }

    private mutating func siftUp(_ start: Int, _ entry: Entry) {
        var place = start
        while place > 0 {
            let parent = (place - 1) / 2
            guard entry.key < entries[parent].key else { break }
            put(entries[parent], at: place)
            place = parent
        }
        put(entry, at: place)
    }

    private mutating func siftDown(_ start: Int, _ entry: Entry) {
        var place = start
        while true {
            var least = 2 * place + 1
            guard least < entries.count else { break }
            if least + 1 < entries.count, entries[least + 1].key < entries[least].key { least += 1 }
            guard entries[least].key < entry.key else { break }
            put(entries[least], at: place)
            place = least
        }
        put(entry, at: place)
    }
}

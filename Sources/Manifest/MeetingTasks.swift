import Orchestration

/// Finds the tasks that can run at the same time, judged by their needs and their groups' caps.
///
/// Needs are followed for 1024 tasks at a time, with a bit for each: the work grows with the needs, and
/// the memory with the tasks.
struct MeetingTasks {
    /// For each task, a set of tasks as bits.
    private struct Reach {
        static let width = 16
        private(set) var words: [UInt64]

        init(of tasks: Int) { words = Array(repeating: 0, count: tasks * Self.width) }

        mutating func insert(_ bit: Int, for task: Int) {
            words[task * Self.width + bit / 64] |= 1 << UInt64(bit % 64)
        }

        mutating func add(_ other: Int, to task: Int) {
            for word in 0..<Self.width {
                words[task * Self.width + word] |= words[other * Self.width + word]
            }
        }

        mutating func unite(_ other: Reach) {
            for place in words.indices { words[place] |= other.words[place] }
        }
    }

    private static let chunkSize = Reach.width * 64

    /// For each task, the tasks that it needs, and those that need it.
    private let needs: [[Int]]
    private let dependents: [[Int]]
    /// The tasks in topological order: each after the tasks that it needs.
    private let order: [Int]
    /// For each task, its group, if that runs one session at a time.
    private let single: [String?]

    init(_ manifest: Manifest) {
        let tasks = manifest.tasks
        let places = Dictionary(
            tasks.enumerated().map { ($1.plan.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        let needs = tasks.map { $0.plan.needs.compactMap { places[$0] } }
        var dependents: [[Int]] = Array(repeating: [], count: tasks.count)
        for (place, needs) in needs.enumerated() {
            for need in needs { dependents[need].append(place) }
        }
        (self.needs, self.dependents) = (needs, dependents)
        order = Self.order(needs, dependents)
        let capped = Set(manifest.groups.filter { $0.maxConcurrent == 1 }.map(\.name))
        single = tasks.map { task in task.plan.group.flatMap { capped.contains($0) ? $0 : nil } }
    }

    private static func order(_ needs: [[Int]], _ dependents: [[Int]]) -> [Int] {
        var open = needs.map(\.count)
        var order = open.indices.filter { open[$0] == 0 }
        var next = 0
        while next < order.count {
            for dependent in dependents[order[next]] {
                open[dependent] -= 1
                if open[dependent] == 0 { order.append(dependent) }
            }
            next += 1
        }
        return order
    }

    /// Returns, for each set of tasks, the members that can run beside another member.
    func among(_ sets: [[Int]]) -> [[Int]] {
        let all = sets.flatMap(\.self)
        // For each task, the number of members of its set, itself included, that never run beside it.
        var apart = Array(repeating: 0, count: all.count)
        for start in stride(from: 0, to: all.count, by: Self.chunkSize) {
            let chunk = start..<min(all.count, start + Self.chunkSize)
            let reach = reach(of: chunk.map { all[$0] })
            var end = 0
            for set in sets {
                let members = end..<end + set.count
                end = members.upperBound
                let bits = members.clamped(to: chunk)
                if bits.isEmpty { continue }
                count(bits, from: start, of: members, all, reach, &apart)
            }
        }
        var place = 0
        return sets.map { set in
            defer { place += set.count }
            return set.enumerated().filter { apart[place + $0.offset] < set.count }.map(\.element)
        }
    }

    /// Counts, for each member of a set, the tasks of the chunk in that set that never run beside it.
    private func count(
        _ bits: Range<Int>,
        from start: Int,
        of members: Range<Int>,
        _ all: [Int],
        _ reach: Reach,
        _ apart: inout [Int]
    ) {
        let none = [UInt64](repeating: 0, count: Reach.width)
        var mask = none
        var mates: [String: [UInt64]] = [:]
        for place in bits {
            let (word, bit) = ((place - start) / 64, UInt64(1) << UInt64((place - start) % 64))
            mask[word] |= bit
            if let group = single[all[place]] { mates[group, default: none][word] |= bit }
        }
        for member in members {
            let task = all[member]
            let mates = single[task].flatMap { mates[$0] } ?? none
            for word in (bits.lowerBound - start) / 64...(bits.upperBound - 1 - start) / 64 {
                let found = reach.words[task * Reach.width + word] | mates[word]
                apart[member] += (found & mask[word]).nonzeroBitCount
            }
        }
    }

    /// Returns, for each task, the tasks of a chunk that precede or follow it by needs, itself
    /// included.
    private func reach(of chunk: [Int]) -> Reach {
        var before = Reach(of: needs.count)
        for (bit, task) in chunk.enumerated() { before.insert(bit, for: task) }
        var after = before
        for task in order {
            for dependent in dependents[task] { before.add(task, to: dependent) }
        }
        for task in order.reversed() {
            for need in needs[task] { after.add(task, to: need) }
        }
        before.unite(after)
        return before
    }
}

/// One of several parts of a manifest that are carried out apart, each by a run of its own.
///
/// The shards depend on the tasks alone, not on their order or on a machine: wherever they are
/// computed, they are the same, disjoint, and together all tasks.
package struct Shard: Hashable, Sendable, Codable, CustomStringConvertible {
    /// Number of the shard, from 1.
    package var number: Int
    /// Number of shards.
    package var count: Int

    /// Makes a shard; `nil` unless the number is from 1 to the count.
    package init?(number: Int, count: Int) {
        guard number >= 1, number <= count else { return nil }
        self.number = number
        self.count = count
    }

    /// Reads `K/N`: digits alone, K from 1 to N, N up to 10,000; `nil` for anything else.
    package init?(_ text: String) {
        let words = text.split(separator: "/", omittingEmptySubsequences: false)
        guard words.count == 2, words.allSatisfy({ $0.allSatisfy { ("0"..."9").contains($0) } }),
            let number = Int(words[0]), let count = Int(words[1]), count <= 10_000
        else { return nil }
        self.init(number: number, count: count)
    }

    /// `K/N`.
    package var description: String { "\(number)/\(count)" }
}

/// A distribution of tasks to shards.
///
/// Tasks that need each other, directly or indirectly, stay together: a machine can't see what
/// another one has completed. These clusters go to the emptiest shard, the largest first; no shard
/// gets more than a third above the least possible maximum (Graham 1969). Sizes are sessions; a
/// task without a size counts as the mean of the others.
package struct Sharding: Hashable, Sendable {
    /// Tasks that stay together.
    package struct Cluster: Hashable, Sendable {
        /// Indices of the tasks, in order.
        package var tasks: [Int]
        /// Sum of the tasks' sizes.
        package var size: Double
    }

    /// Indices of each shard's tasks, in order.
    package private(set) var tasks: [[Int]]
    /// Sum of the sizes of each shard's tasks.
    package private(set) var sizes: [Double]
    /// The largest cluster; `nil` if there are no tasks.
    package private(set) var largest: Cluster?

    /// Distributes tasks to a number of shards, at least 1.
    package init(_ plans: [TaskPlan], count: Int) {
        tasks = Array(repeating: [], count: count)
        sizes = Array(repeating: 0, count: count)
        let clusters = Self.clusters(plans)
        largest = clusters.first
        var emptiest = BinaryHeap<Load>()
        for number in 0..<count { emptiest.push(Load(size: 0, tasks: 0, shard: number)) }
        for cluster in clusters {
            guard let load = emptiest.pop() else { break }
            tasks[load.shard] += cluster.tasks
            sizes[load.shard] += cluster.size
            emptiest.push(
                Load(
                    size: sizes[load.shard],
                    tasks: tasks[load.shard].count,
                    shard: load.shard
                )
            )
        }
        for number in tasks.indices { tasks[number].sort() }
    }

    /// Ratio of the largest shard's size to the mean size; 1 if all are alike.
    package var imbalance: Double {
        let sum = sizes.reduce(0, +)
        return sum > 0 ? (sizes.max() ?? 0) * Double(sizes.count) / sum : 1
    }

    private struct Load: Hashable, Comparable, Sendable {
        var size: Double
        var tasks: Int
        var shard: Int

        static func < (left: Load, right: Load) -> Bool {
            (left.size, left.tasks, left.shard) < (right.size, right.tasks, right.shard)
        }
    }

    /// Returns the clusters, the largest first.
    ///
    /// Clusters of one size are ordered by the fingerprint of their first name, so that neighbours
    /// in the manifest, which are often alike, come apart.
    private static func clusters(_ plans: [TaskPlan]) -> [Cluster] {
        let sizes = sizes(plans)
        let keyed = components(plans).map { places in
            // Neither a cluster nor the rounding of its size may depend on the manifest's order.
            let names = places.map { plans[$0].name }.sorted()
            return (
                cluster: Cluster(
                    tasks: places,
                    size: places.map { sizes[$0] }.sorted().reduce(0, +)
                ),
                key: Fingerprint(names[0]).value, name: names[0]
            )
        }
        return keyed.sorted {
            ($1.cluster.size, $0.key, $0.name) < ($0.cluster.size, $1.key, $1.name)
        }.map(\.cluster)
    }

    private static func sizes(_ plans: [TaskPlan]) -> [Double] {
        let known = plans.compactMap(\.size).sorted()
        let mean = known.isEmpty ? 1 : known.reduce(0, +) / Double(known.count)
        return plans.map { $0.size ?? mean }
    }

    /// Returns the tasks that needs connect; needs that are not among the tasks connect nothing.
    private static func components(_ plans: [TaskPlan]) -> [[Int]] {
        var places: [String: Int] = [:]
        for (place, plan) in plans.enumerated() { places[plan.name] = place }
        var parents = Array(plans.indices)
        func root(_ place: Int) -> Int {
            var place = place
            while parents[place] != place {
                parents[place] = parents[parents[place]]
                place = parents[place]
            }
            return place
        }
        for (place, plan) in plans.enumerated() {
            for need in plan.needs {
                guard let needed = places[need] else { continue }
                let (one, other) = (root(place), root(needed))
                parents[max(one, other)] = min(one, other)
            }
        }
        var members: [Int: [Int]] = [:]
        for place in plans.indices { members[root(place), default: []].append(place) }
        return members.sorted { $0.key < $1.key }.map(\.value)
    }
}

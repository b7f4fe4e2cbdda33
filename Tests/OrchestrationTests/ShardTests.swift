import Orchestration
import Testing

/// Tasks with sizes as they come: most small, some twenty times as large.
private func sized(_ count: Int, seed: UInt64) -> [TaskPlan] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { number in
        let share = Double(random.next() % 1000) / 1000
        return TaskPlan(name: "t\(number)", size: 1 + 19 * share * share * share)
    }
}

@Suite struct `Shards` {
    @Test(arguments: [
        "0/4", "5/4", "x", "1/0", "", "/", "1/", "/4", "1/4/2", "-1/4", "+1/4", " 1/4", "1/4 ",
        "1/10001", "1/99999999999999999999", "١/4",
    ])
    func `what is no shard is not read as one`(text: String) {
        #expect(Shard(text) == nil)
    }

    @Test func `a shard is read and written as K of N`() throws {
        let shard = try #require(Shard("3/10000"))
        #expect(shard.number == 3 && shard.count == 10_000)
        #expect("\(shard)" == "3/10000")
    }

    @Test(arguments: [2, 3, 5, 8, 16, 31, 48, 64])
    func `a thousand tasks with hints are dealt within 5 percent of the mean`(count: Int) {
        for seed in 0..<20 as Range<UInt64> {
            let sharding = Sharding(sized(1000, seed: seed), count: count)
            #expect(sharding.imbalance <= 1.05, "seed \(seed), \(count) shards")
        }
    }

    @Test func `shards are disjoint and cover everything, whatever is connected`() {
        var random = SplitMix64(seed: 7)
        for round in 0..<200 {
            let size = 1 + Int(random.next() % 60)
            let tasks = (0..<size).map { number in
                let needs = (0..<number).filter { _ in random.next() % 40 == 0 }.map { "t\($0)" }
                let size = random.next() % 2 == 0 ? nil : Double(1 + random.next() % 9)
                return TaskPlan(name: "t\(number)", size: size, needs: needs)
            }
            let count = 1 + Int(random.next() % 12)
            let sharding = Sharding(tasks, count: count)
            #expect(sharding.tasks.count == count)
            #expect(sharding.tasks.flatMap(\.self).sorted() == Array(0..<size), "round \(round)")
            for places in sharding.tasks {
                let names = Set(places.map { tasks[$0].name })
                for place in places {
                    #expect(tasks[place].needs.allSatisfy(names.contains), "round \(round)")
                }
                #expect(places == places.sorted())
            }
        }
    }

    @Test func `the order of the manifest has no part in it`() {
        func names(_ tasks: [TaskPlan]) -> [Set<String>] {
            Sharding(tasks, count: 7).tasks.map { Set($0.map { tasks[$0].name }) }
        }
        for sizes in [[nil], [1, 2, nil, 0.1], [3]] as [[Double?]] {
            var tasks = (0..<100).map { number in
                TaskPlan(
                    name: "t\(number)",
                    size: sizes[number % sizes.count],
                    needs: number % 10 == 1 ? ["t\(number - 1)"] : []
                )
            }
            let first = names(tasks)
            var random = SplitMix64(seed: 3)
            for _ in 0..<10 {
                tasks.shuffle(using: &random)
                #expect(names(tasks) == first)
            }
        }
    }

    @Test func `tasks without hints are dealt evenly`() {
        let tasks = (0..<1000).map { TaskPlan(name: "t\($0)") }
        let counts = Sharding(tasks, count: 64).tasks.map(\.count)
        #expect(counts.min() == 15 && counts.max() == 16)
    }

    @Test func `a cluster that is too large leaves shards behind, and is known`() {
        let chain = (0..<9).map { TaskPlan(name: "c\($0)", needs: $0 == 0 ? [] : ["c\($0 - 1)"]) }
        let sharding = Sharding(chain + [TaskPlan(name: "x")], count: 4)
        #expect(sharding.largest?.tasks == Array(0..<9))
        #expect(sharding.sizes.sorted() == [0, 0, 1, 9])
        #expect(sharding.imbalance == 3.6)
    }

    @Test func `no tasks make empty shards`() {
        let sharding = Sharding([], count: 3)
        #expect(sharding.tasks == [[], [], []] && sharding.imbalance == 1)
        #expect(sharding.largest == nil)
    }

    @Test func `fingerprints are FNV-1a and tell where a text ends`() {
        // The value of the reference implementation for the bytes 61 FF.
        var reference = UInt64(14_695_981_039_346_656_037)
        for byte in [0x61, 0xFF] as [UInt64] {
            reference = (reference ^ byte) &* 1_099_511_628_211
        }
        #expect(Fingerprint("a").value == reference)
        var (one, other) = (Fingerprint("ab"), Fingerprint("a"))
        one.add("c")
        other.add("bc")
        #expect(one != other)
        #expect(Fingerprint().text == "cbf29ce484222325")
    }
}

import Orchestration
import Testing

@testable import Manifest

@Suite struct `Tasks that share a directory` {
    private func warnings(_ tasks: [String], _ rest: String = "run: {concurrency: 4}") throws -> Int
    {
        let list = tasks.map { "- {prompt: p, \($0)}" }.joined(separator: "\n")
        return try parse("version: 1\n\(rest)\ntasks:\n\(list)").sharedDirectories(named: "m").count
    }

    @Test func `are warned of where they can run at once`() throws {
        #expect(try warnings(["name: a", "name: b"]) == 1)
        #expect(try warnings(["name: a, directory: x", "name: b, directory: y"]) == 0)
        #expect(try warnings(["name: a", "name: b", "name: c, needs: [a]"]) == 1)
        #expect(try warnings(["name: a", "name: b, needs: [x]", "name: x, directory: y"]) == 1)
    }

    /// Tasks of one directory: whom each needs, and those that are to be named.
    @Test(arguments: [
        ("a b c", "a b c"), ("a b:a c:a", "b c"), ("a b:a c:b", ""), ("a b:a c:b d", "a b c d"),
        ("a b:a c:a d:b,c", "b c"), ("a b c:a,b d:c e:c", "a b d e"), ("z:a a", ""),
        ("a:x x:b b c", "a b c x"),
    ])
    func `are named as far as they can run at once`(tasks: String, named: String) throws {
        let list = tasks.split(separator: " ").map { task in
            let parts = task.split(separator: ":")
            let needs = parts.count > 1 ? ", needs: [\(parts[1])]" : ""
            return "- {prompt: p, name: \(parts[0])\(needs)}"
        }
        let manifest = try parse("version: 1\ntasks:\n" + list.joined(separator: "\n"))
        let places = MeetingTasks(manifest).among([Array(manifest.tasks.indices)])[0]
        #expect(
            places.map { manifest.tasks[$0].plan.name }.sorted().joined(separator: " ") == named
        )
    }

    /// Tasks, their directories `repository-directory`, and those that work beside others in a tree.
    @Test(arguments: [
        ("name: a, directory: x-1|name: b, directory: x-2|name: c, directory: y-1", "a b"),
        ("name: a, directory: x-1|name: b, directory: x-2, needs: [a]", ""),
        ("name: a, directory: x-1|name: b, directory: x-1, isolation: worktree", ""),
        ("name: a, directory: x-1|name: b, directory: x-1|name: c, directory: x-2", "a b c"),
    ])
    func `of one tree work beside others, whatever their own`(tasks: String, beside: String) throws
    {
        let list = tasks.split(separator: "|").map { "- {prompt: p, \($0)}" }
        let manifest = try parse("version: 1\ntasks:\n" + list.joined(separator: "\n"))
        func found(_ concurrency: Int?) -> Set<String> {
            manifest.tasksBesideOthers(concurrency: concurrency) { String($0.prefix { $0 != "-" }) }
        }
        #expect(found(nil) == Set(beside.split(separator: " ").map(String.init)))
        #expect(found(1).isEmpty)
    }

    /// Tasks in several directories, with random needs and groups, against each pair looked at.
    @Test(arguments: 0..<20)
    func `are those that looking at each pair finds, too`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let count = [3, 20, 300, 1500][Int(seed) % 4]
        var needs: [[Int]] = []
        var list = "version: 1\ngroups: {g: {max_concurrent: 1}, h: {max_concurrent: 2}}\ntasks:\n"
        for task in 0..<count {
            let most = Int.random(in: 0...2, using: &random)
            let own = (0..<(task == 0 ? 0 : most)).map { _ in
                Int.random(in: 0..<task, using: &random)
            }
            needs.append(Array(Set(own)))
            let group = ["", ", group: g", ", group: h"].randomElement(using: &random) ?? ""
            let names = needs[task].map { "t\($0)" }.joined(separator: ", ")
            list += "- {name: t\(task), prompt: p, needs: [\(names)]\(group)}\n"
        }
        let manifest = try parse(list)
        // Whom each needs, directly and by way of others.
        var all: [Set<Int>] = []
        for task in 0..<count {
            all.append(needs[task].reduce(into: []) { $0.formUnion(all[$1].union([$1])) })
        }
        let sets = Dictionary(grouping: 0..<count) { _ in Int.random(in: 0..<3, using: &random) }
            .values.map(\.self)
        func areApart(_ one: Int, _ other: Int) -> Bool {
            let groups = [one, other].map { manifest.tasks[$0].plan.group }
            return all[one].contains(other) || all[other].contains(one) || groups == ["g", "g"]
        }
        let expected = sets.map { set in
            set.filter { one in set.contains { $0 != one && !areApart(one, $0) } }
        }
        #expect(MeetingTasks(manifest).among(sets) == expected)
    }

    @Test(arguments: [("simulated", 0), ("codex", 1), ("{command: [codex-sim]}", 1)])
    func `are not where their agents work in the task directories alone`(
        agent: String,
        count: Int
    ) throws {
        let rest = "run: {concurrency: 4, agent: \(agent)}"
        #expect(try warnings(["name: a", "name: b"], rest) == count)
    }

    /// Tasks in one directory, and the words on their checks.
    @Test(arguments: [
        ("name: a|name: b", ""),
        (
            "name: a, verify: x|name: b",
            "the check (verify) of \"a\" may fail, or pass, by what the others do"
        ),
        (
            "name: a, verify: x|name: b, verify: x",
            "the checks (verify) of \"a\", \"b\" may fail, or pass"
        ),
        ("name: a, verify: x, directory: x|name: b|name: c", ""),
    ])
    func `are told where a check runs among them`(tasks: String, words: String) throws {
        let list = tasks.split(separator: "|").map { "- {prompt: p, \($0)}" }
        let manifest = try parse("version: 1\ntasks:\n" + list.joined(separator: "\n"))
        let warnings = manifest.sharedDirectories(named: "m")
        #expect(warnings.count == 1)
        #expect(warnings[0].message.contains("(verify)") == !words.isEmpty)
        #expect(warnings[0].message.contains(words) || words.isEmpty)
    }

    @Test func `are not where one always follows the other`() throws {
        #expect(try warnings(["name: a", "name: b"], "run: {concurrency: 1}") == 0)
        #expect(try warnings(["name: a", "name: b, needs: [a]", "name: c, needs: [b]"]) == 0)
        let between = ["name: a", "name: x, directory: y, needs: [a]", "name: b, needs: [x]"]
        #expect(try warnings(between) == 0)
        let grouped = ["name: a, group: g", "name: b, group: g"]
        #expect(try warnings(grouped, "groups: {g: {max_concurrent: 1}}") == 0)
        #expect(try warnings(grouped, "groups: {g: {max_concurrent: 2}}") == 1)
    }
}

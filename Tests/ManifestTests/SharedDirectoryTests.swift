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

    @Test(arguments: [("simulated", 0), ("codex", 1), ("{command: [codex-sim]}", 1)])
    func `are not where their agents work in the task directories alone`(
        agent: String,
        count: Int
    ) throws {
        let rest = "run: {concurrency: 4, agent: \(agent)}"
        #expect(try warnings(["name: a", "name: b"], rest) == count)
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

import Orchestration
import Testing

@Suite struct `A thread's id` {
    @Test(arguments: [
        "0199a213-81c0-7800-8aa1-bbab2a035a53", "thread-a-1", "t", "7", "urn:uuid:1", "a_b.c",
        String(repeating: "x", count: 128),
    ])
    func `is an id`(text: String) {
        #expect(ThreadID.checked(text) == text)
    }

    @Test(arguments: [
        "", "-", "-c", "--last", "--dangerously-bypass-approvals-and-sandbox", ".", "..", "../x",
        "a/b", "/etc/passwd", "two words", " a", "a ", "a\n", "a\u{0}", "a\u{1B}[31m", "é", "ａ",
        "a\u{202E}b", "$(id)", "a;b", "a'b", "_a", ":a", String(repeating: "x", count: 129),
    ])
    func `is nothing else`(text: String) {
        #expect(ThreadID.checked(text) == nil)
    }

    @Test func `is a word that no shell, option parser or path makes something else of`() {
        var random = SplitMix64(seed: 17)
        let scalars = (0x00...0x17F).compactMap(UnicodeScalar.init).map { Character($0) }
        var (ids, others) = (0, 0)
        for _ in 0..<10_000 {
            let count = Int.random(in: 0...3, using: &random)
            let text = String((0..<count).compactMap { _ in scalars.randomElement(using: &random) })
            guard let id = ThreadID.checked(text) else {
                others += 1
                continue
            }
            ids += 1
            #expect(id == text && id.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9_.:-]*/) != nil)
        }
        #expect(ids > 100 && others > 100)
    }

    @Test(arguments: ["--last", "a b"])
    func `that a journal has wrong is resumed by nobody`(thread: String) {
        var run = Scenario(RunPlan(tasks: [TaskPlan(name: "a", resume: true)]))
        _ = run.begin()
        let cut = Failure(.streamCut, "cut")
        _ = run.end("a", 1, ticked: 0, failure: cut, thread: thread)
        #expect(run.playNextDeadline() == ["start a#2 slot 0 executor"])
        _ = run.end("a", 2, failure: cut, thread: "right")
        #expect(run.playNextDeadline() == ["start a#3 slot 0 executor resuming right"])
    }
}

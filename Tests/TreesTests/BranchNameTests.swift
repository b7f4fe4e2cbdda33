import Orchestration
import Testing

@testable import Trees

@Suite struct `The names of branches` {
    private static let names = [
        "", "a", "a b", "a.lock", "a.lock/b", "a.LOCK", "a.locked", ".lock", ".a", "a/.b", "a.",
        "a./b",
        "a..b", "a/..", "a@{b", "a@", "@/a", "a@b", "{a}", "a~1", "a^", "a:b", "a?", "a*", "a[b]",
        "a\\b",
        "-a", "a/-b", "a-", "/a", "a/", "a//b", "HEAD", "a/HEAD", "head", "a\tb", "a\u{7F}",
        "\u{1}",
        "é", "a.\u{301}", "日本", "quire/run/port", "a.\u{301}.lock",
    ]

    /// What git has rules for; any two of these are a name, too.
    private static let parts = [
        "a", ".", "..", "/", "-", "@", "{", "}", "~", "^", ":", "?", "*", "[", "\\", " ", ".lock",
        "lock", "HEAD", "é", "\t", "\u{7F}", "_", "0",
    ]

    @Test func `are those that git takes`() throws {
        try GitFixture.with { fixture in
            let pairs = Self.parts.flatMap { first in Self.parts.map { first + $0 } }
            for name in Self.names + pairs {
                let words = ["check-ref-format", "--branch", name]
                let answer = fixture.git.call(words, in: fixture.root)
                let fault = BranchName.fault(in: name)
                #expect((fault == nil) == (answer.status == 0), "\(name): \(fault ?? "none")")
            }
        }
    }

    /// The longest part is one of which git can still make the file that locks it.
    @Test(arguments: [250, 251])
    func `have parts that fit into names of files`(length: Int) throws {
        try GitFixture.with { fixture in
            let name = "x/" + String(repeating: "a", count: length)
            let made = fixture.git.call(["branch", name], in: fixture.root).status == 0
            #expect(made == (length == 250))
            #expect((BranchName.fault(in: name) == nil) == made)
        }
    }
}

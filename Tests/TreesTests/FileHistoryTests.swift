import Driver
import Foundation
import TestSupport
import Testing

@testable import Trees

@Suite struct `The history of a file` {
    /// What happens to a file, and the versions of it that count as somebody else's.
    struct Story: Sendable, CustomTestStringConvertible {
        var name: String
        var path = "c/m.yaml"
        /// Lines for the shell, next to `up`, a repository whose `m.yaml` is "one", and `c`, its clone.
        var script: String
        /// The contents of the versions from elsewhere; `nil` for a file that is not tracked.
        var foreign: [String]?

        var testDescription: String { name }
    }

    private static let upstream = "(cd up; echo two > m.yaml; git commit -qam two)"
    private static let mine = "(cd c; echo mine > m.yaml; git commit -qam mine)"
    private static let other = "(cd up; echo x > other; git add .; git commit -qm other)"

    private static let stories = [
        Story(name: "committed here first", path: "up/m.yaml", script: "true", foreign: []),
        Story(name: "cloned", script: "true", foreign: ["one"]),
        Story(name: "pulled", script: "\(upstream); cd c; git pull -q", foreign: ["two"]),
        Story(
            name: "fetched and checked out",
            script: "\(upstream); cd c; git fetch -q; git checkout -q origin/main",
            foreign: ["two"]
        ),
        Story(
            name: "reset",
            script: "\(upstream); cd c; git fetch -q; git reset -q --hard origin/main",
            foreign: ["two"]
        ),
        Story(name: "changed, not committed", script: "echo mine > c/m.yaml", foreign: ["one"]),
        Story(name: "changed and committed here", script: mine, foreign: ["one"]),
        Story(
            name: "committed here in a clone",
            path: "c/n.yaml",
            script: "cd c; echo mine > n.yaml; git add .; git commit -qm mine",
            foreign: []
        ),
        Story(
            name: "amended here",
            path: "c/n.yaml",
            script: """
                cd c; echo a > n.yaml; git add .; git commit -qm a
                echo b > n.yaml; git add .; git commit -q --amend -m b
                """,
            foreign: []
        ),
        Story(
            name: "amended what was cloned",
            script: "cd c; echo mine > m.yaml; git commit -qa --amend -m mine",
            foreign: []
        ),
        Story(name: "untracked", path: "c/n.yaml", script: "echo mine > c/n.yaml"),
        Story(
            name: "ignored",
            path: "c/n.yaml",
            script: "echo n.yaml > c/.git/info/exclude; echo mine > c/n.yaml"
        ),
        Story(
            name: "staged",
            path: "c/n.yaml",
            script: "cd c; echo mine > n.yaml; git add n.yaml",
            foreign: []
        ),
        Story(
            name: "own, beside a merge of others",
            path: "c/n.yaml",
            script: """
                (cd c; echo mine > n.yaml; git add .; git commit -qm mine)
                \(other); cd c; git pull -q --no-rebase --no-edit
                """,
            foreign: []
        ),
        Story(
            name: "merged from both sides",
            script: """
                \(mine); \(upstream); cd c; git fetch -q; git merge -q origin/main || true
                echo both > m.yaml; git commit -qam both
                """,
            foreign: ["one", "two"]
        ),
        Story(
            name: "changed by others after it was committed here",
            path: "c/n.yaml",
            script: """
                (cd c; echo mine > n.yaml; git add .; git commit -qm mine; git push -q origin HEAD:n)
                (cd up; git merge -q --ff-only n; echo theirs > n.yaml; git commit -qam theirs)
                cd c; git pull -q
                """,
            foreign: ["theirs"]
        ),
        Story(
            name: "rebased here",
            path: "c/n.yaml",
            script: """
                (cd c; echo mine > n.yaml; git add .; git commit -qm mine)
                \(other); cd c; git pull -q --rebase
                """,
            foreign: []
        ),
        Story(
            name: "squashed elsewhere",
            path: "c/n.yaml",
            script: """
                (cd c; echo mine > n.yaml; git add .; git commit -qm mine; git push -q origin HEAD:n)
                (cd up; git merge -q --squash n; git commit -qm squashed)
                cd c; git reset -q --hard HEAD^; git pull -q
                """,
            foreign: []
        ),
        Story(
            name: "put back here",
            script: "\(mine); cd c; git checkout -q HEAD^ -- m.yaml; git commit -qm back",
            foreign: ["one"]
        ),
        Story(
            name: "picked from elsewhere",
            script: "\(upstream); cd c; git fetch -q; git cherry-pick origin/main >/dev/null",
            foreign: ["two"]
        ),
        Story(
            name: "a patch of a mail",
            script:
                "\(upstream); cd up; git format-patch -q -1 -o ..; cd ../c; git am -q ../0001-*",
            foreign: ["two"]
        ),
        Story(
            name: "renamed here",
            path: "c/n.yaml",
            script: "cd c; git mv m.yaml n.yaml; git commit -qm renamed",
            foreign: ["one"]
        ),
        Story(
            name: "renamed twice here",
            path: "c/d/o.yaml",
            script: """
                cd c; git mv m.yaml n.yaml; git commit -qm first
                mkdir d; git mv n.yaml d/o.yaml; git commit -qm second
                """,
            foreign: ["one"]
        ),
        Story(
            name: "renamed, not committed",
            path: "c/n.yaml",
            script: "cd c; git mv m.yaml n.yaml",
            foreign: ["one"]
        ),
        Story(
            name: "removed by others and made anew here",
            script: """
                (cd up; git rm -q m.yaml; git commit -qm gone); cd c; git pull -q
                echo mine > m.yaml; git add .; git commit -qm mine
                """,
            foreign: [""]
        ),
        Story(
            name: "a shallow clone",
            path: "s/m.yaml",
            script: "\(upstream); git clone -q --depth 1 \"file://$PWD/up\" s",
            foreign: ["two"]
        ),
        Story(
            name: "committed on a shallow clone",
            path: "s/m.yaml",
            script: """
                \(upstream); git clone -q --depth 1 "file://$PWD/up" s
                cd s; echo mine > m.yaml; git commit -qam mine
                """,
            foreign: ["two"]
        ),
        Story(
            name: "committed on a detached head",
            path: "c/n.yaml",
            script:
                "cd c; git checkout -q --detach; echo mine > n.yaml; git add .; git commit -qm mine",
            foreign: []
        ),
        Story(
            name: "in another work tree",
            path: "w/m.yaml",
            script: "cd c; git worktree add -q ../w",
            foreign: ["one"]
        ),
        Story(
            name: "committed in another work tree",
            path: "w/n.yaml",
            script: """
                cd c; git worktree add -q ../w; cd ../w
                echo mine > n.yaml; git add .; git commit -qm mine
                """,
            foreign: []
        ),
        Story(
            name: "in a submodule",
            path: "s/sub/m.yaml",
            script: """
                git init -q -b main s; cd s
                git -c protocol.file.allow=always submodule --quiet add ../up sub; git commit -qm sub
                """,
            foreign: ["one"]
        ),
        Story(
            name: "committed in a submodule",
            path: "s/sub/n.yaml",
            script: """
                git init -q -b main s; cd s
                git -c protocol.file.allow=always submodule --quiet add ../up sub; git commit -qm sub
                cd sub; echo mine > n.yaml; git add .; git commit -qm mine
                """,
            foreign: []
        ),
        Story(
            name: "committed by Quire for an agent",
            path: "c/n.yaml",
            script: """
                cd c; echo mine > n.yaml; git add .
                git update-ref -m "quire: work" HEAD $(git commit-tree -p HEAD -m work $(git write-tree))
                """,
            foreign: ["mine"]
        ),
        Story(
            name: "committed on the branch of a task",
            path: "c/n.yaml",
            script: """
                cd c; git worktree add -q -b quire/run/t ../w; cd ../w
                echo mine > n.yaml; git add .; git commit -qm mine; cd ../c; git merge -q quire/run/t
                """,
            foreign: ["mine"]
        ),
        Story(
            name: "below what looks like a repository without a tree",
            path: "c/bare/m.yaml",
            script: """
                cd up; git init -q --bare bare; echo bare > bare/m.yaml; touch bare/refs/x bare/objects/x
                git add .; git commit -qm bare; cd ../c; git pull -q; test -e bare/HEAD
                """,
            foreign: ["bare"]
        ),
        Story(
            name: "below an empty .git",
            path: "c/d/m.yaml",
            script: """
                (cd up; mkdir d; echo two > d/m.yaml; git add .; git commit -qm two)
                cd c; git pull -q; mkdir d/.git
                """,
            foreign: ["two"]
        ),
        Story(
            name: "below a repository that was made around it",
            path: "c/d/m.yaml",
            script: """
                (cd up; mkdir d; echo two > d/m.yaml; git add .; git commit -qm two)
                cd c; git pull -q; git init -q d
                """,
            foreign: ["two"]
        ),
        Story(
            name: "by a name that is a pattern",
            path: "c/[m]*.yaml",
            script: "cd c; echo mine > '[m]*.yaml'"
        ),
        Story(
            name: "after the reflog was lost",
            path: "up/m.yaml",
            script: "cd up; git reflog expire --expire=now --all",
            foreign: ["one"]
        ),
        Story(
            name: "without a repository",
            path: "plain/m.yaml",
            script: "mkdir plain; echo one > plain/m.yaml"
        ),
    ]

    private static func withStory<Result>(
        _ script: String,
        _ body: (String) throws -> Result
    ) throws -> Result {
        let root = TestEnvironment.temporaryDirectory + "/quire-history-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: root) }
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        let begin = """
            set -e
            git init -q -b main up; (cd up; echo one > m.yaml; git add .; git commit -qm one)
            git clone -q up c
            """
        var shell = Program("/bin/sh", ["-c", begin + "\n" + script], in: root)
        for name in ["AUTHOR", "COMMITTER"] {
            shell.environment["GIT_\(name)_NAME"] = "Ada"
            shell.environment["GIT_\(name)_EMAIL"] = "ada@example.org"
        }
        let outcome = try shell.run()
        try #require(outcome.status == 0, "\(outcome.output)\(outcome.error)")
        return try body(root)
    }

    private static let git = Git(program: gitProgram, inherited: GitFixture.environment)

    private static func words(_ versions: [FileHistory.Version]) -> [String] {
        versions.map {
            String(decoding: $0.contents ?? Array("unread".utf8), as: UTF8.self)
                .trimmingCharacters(in: .newlines)
        }.sorted()
    }

    @Test(arguments: stories)
    func `tells what was made here from what came`(story: Story) throws {
        try Self.withStory(story.script) { root in
            let standing = FileHistory.standing(of: root + "/" + story.path, Self.git)
            switch (standing, story.foreign) {
            case (.untracked, nil): break
            case (.tracked(let history), let foreign?):
                let versions = try history.foreign()
                #expect(Self.words(versions) == foreign)
            default: Issue.record("\(standing)")
            }
        }
    }

    @Test(arguments: [
        ("git fetch -q; git checkout -q origin/main -- m.yaml", ["one", "two"]),
        ("git fetch -q; git merge -q --no-commit --no-ff origin/main", ["one", "two"]),
        (
            "git checkout -q -b b; echo mine > m.yaml; git commit -qam m; git checkout -q main",
            ["one"]
        ),
    ])
    func `knows what other branches have`(script: String, others: [String]) throws {
        try Self.withStory("\(Self.upstream); cd c; \(script)") { root in
            guard
                case .tracked(let history) = FileHistory.standing(of: root + "/c/m.yaml", Self.git)
            else { throw GitError("not tracked") }
            let versions = try history.others()
            #expect(Self.words(versions) == others)
            #expect(try history.committed() == Array("one\n".utf8))
        }
    }

    @Test func `is not known without git, or where git refuses`() throws {
        try Self.withStory("true") { root in
            guard case .unknown(let words) = FileHistory.standing(of: root + "/c/m.yaml", nil)
            else {
                throw GitError("known")
            }
            #expect(words.contains("not found in PATH"))
            // Without a repository git is not needed.
            guard case .untracked = FileHistory.standing(of: "/nowhere/m.yaml", nil) else {
                throw GitError("tracked")
            }
            guard getuid() == 0 else { return }
            #expect(
                chown(root + "/c", 12345, 12345) == 0 && chown(root + "/c/.git", 12345, 12345) == 0
            )
            guard case .unknown(let why) = FileHistory.standing(of: root + "/c/m.yaml", Self.git)
            else {
                throw GitError("known")
            }
            #expect(why.contains("belongs to another user"), "\(why)")
        }
    }
}

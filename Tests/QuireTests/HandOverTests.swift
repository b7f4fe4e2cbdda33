import Foundation
import TestSupport
import Testing

/// A run whose tasks have trees, and what is done with their work.
struct TreeRun {
    let run: QuireRun

    static let identity = [
        "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
        "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org",
    ]

    /// Makes a repository with a file `a.txt`; agents do `work` at each session's end.
    init(_ run: QuireRun, _ tasks: [String], work: String) throws {
        self.run = run
        try FileManager.default.removeItem(atPath: run.root + "/.git")
        try git("init --quiet --initial-branch=main")
        try put("one\n", run.root + "/a.txt")
        try git("add a.txt && git commit --quiet -m begin")
        let lines = "\(work)\nexit $status\n"
        let agent = "#!/bin/sh\n'\(Program.built("codex-sim"))' \"$@\"\nstatus=$?\n\(lines)"
        try put(agent, run.root + "/agent")
        chmod(run.root + "/agent", 0o755)
        try run.write(
            tasks.map { ($0, "entries=2") },
            defaults: "{isolation: worktree, retries: {delay: 10ms, max_delay: 20ms}}",
            agent: "{command: [./agent]}",
            run: "name: The run"
        )
    }

    @discardableResult
    func git(_ command: String, in directory: String? = nil) throws -> String {
        var program = Program("/bin/sh", ["-c", "git " + command], in: directory ?? run.root)
        program.environment = Self.identity
        let outcome = try program.run()
        try #require(outcome.status == 0, "git \(command): \(outcome.error)")
        return outcome.output
    }

    func quire(_ words: String..., environment: [String: String] = [:]) throws -> Outcome {
        try run.quire(words, environment: Self.identity.merging(environment) { $1 })
    }

    /// Calls Quire as somebody does whose new files everybody may write to.
    func openly(_ words: String) throws -> Outcome {
        let line = "umask 0; exec '\(Program.built("quire"))' \(words)"
        var program = Program("/bin/sh", ["-c", line], in: run.root)
        program.environment = Self.identity
        return try program.run()
    }

    func complete() throws {
        let outcome = try quire("run", "m.yaml")
        #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
    }
}

func withTrees(
    _ tasks: [String],
    work: String = "echo \"$QUIRE_SESSION\" >> \"$QUIRE_TASK.txt\"",
    _ body: (TreeRun) throws -> Void
) throws {
    try withRun { try body(try TreeRun($0, tasks, work: work)) }
}

@Suite struct `The work of tasks` {
    @Test func `is exported as patches, and shown session by session`() throws {
        try withTrees(["one", "two"]) { trees in
            try trees.complete()
            let outcome = try trees.quire("export", "--into", "out")
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(outcome.output.contains("one: 3 patches in out/one\n"), "\(outcome.output)")
            try trees.git("switch --quiet -c copy")
            try trees.git("am --quiet --3way --keep-cr out/*/*.patch")
            for task in ["one", "two"] {
                #expect(text(trees.run.root + "/\(task).txt") == "1\n2\n3\n")
            }
            let single = try trees.quire("export", "two", "--single", "--into", "out")
            #expect(single.output == "two: 1 patch in out/two\n", "\(single.output)\(single.error)")
            let unknown = try trees.quire("export", "three")
            #expect(unknown.status == 64 && unknown.error.contains("those that have: one, two"))

            let second = try trees.quire("diff", "one", "--session", "2")
            #expect(second.output.contains("\n 1\n+2\n"), "\(second.output)\(second.error)")
            let none = try trees.quire("diff", "one", "--session", "7")
            #expect(none.status == 69 && none.error.contains("those that did: 1, 2, 3"))
        }
    }

    @Test func `is listed behind what it builds on, whatever was exported last`() throws {
        // By its name alone "a" would come first.
        try withTrees(["a", "z"]) { trees in
            let manifest = text(trees.run.root + "/m.yaml")
            try #require(manifest.contains("name: a,"))
            try put(
                manifest.replacing("name: a,", with: "name: a, needs: [z],"),
                trees.run.root + "/m.yaml"
            )
            try trees.complete()
            let empty = try trees.quire("export", "--into", "")
            #expect(
                empty.status == 64 && empty.error.contains("the path is empty"),
                "\(empty.error)"
            )

            let alone = try trees.quire("export", "a", "--into", "out")
            #expect(alone.status == 0 && alone.error.contains("a builds on the work of z, whose"))
            let all = try trees.openly("export --into out")
            #expect(all.status == 0 && all.error.isEmpty, "\(all.error)")
            let series = text(trees.run.root + "/out/series")
            let again = try trees.quire("export", "a", "--into", "out")
            #expect(again.status == 0 && again.error.isEmpty, "\(again.error)")
            #expect(text(trees.run.root + "/out/series") == series)

            let patches = series.split(separator: "\n")
            #expect(patches.first?.hasPrefix("z/") == true && patches.last?.hasPrefix("a/") == true)
            for patch in patches {
                let path = "\(trees.run.root)/out/\(patch)"
                let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
                #expect(try #require(mode as? Int) & 0o022 == 0, "\(patch)")
            }
        }
    }

    // MARK: - Cleaning up

    @Test func `is cleaned up once it is merged`() throws {
        try withTrees(["one", "two"]) { trees in
            try trees.complete()
            #expect(try trees.quire("merge", "one").status == 0)
            try put("x", trees.run.root + "/.autonomous/.quire/worktrees/whose/file")
            let place = trees.run.root + "/.autonomous/.quire/worktrees"
            let dry = try trees.quire("prune", "--dry-run")
            #expect(dry.status == 0, "\(dry.output)\(dry.error)")
            #expect(dry.output.contains("would remove the tree of one"), "\(dry.output)")
            #expect(FileManager.default.fileExists(atPath: place + "/one"))
            let young = try trees.quire("prune", "--older-than", "1d")
            #expect(young.output.contains("kept 1 tree:"), "\(young.output)")
            let outcome = try trees.quire("prune")
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            #expect(outcome.output.contains("kept the tree of two: it is not merged"))
            #expect(outcome.output.contains("worktrees/whose: no record says whose it is"))
            #expect(outcome.output.contains("kept 2 logs:"), "\(outcome.output)")
            #expect(!FileManager.default.fileExists(atPath: place + "/one"))
            #expect(try trees.git("branch --list 'quire/*'") == "+ quire/The-run/two\n")
            // What is complete stays complete.
            #expect(try trees.quire("run", "m.yaml").output.contains("2 complete"))
            let logs = try trees.quire("prune", "--older-than", "0")
            #expect(logs.output.contains("removed the log of one"), "\(logs.output)")
            #expect(text(trees.run.task("one") + "/session.log").isEmpty)
        }
    }

    @Test func `of earlier times is cleaned up by age`() throws {
        try withTrees(["one"]) { trees in
            try trees.complete()
            #expect(try trees.quire("run", "m.yaml", "--redo", "one").status == 0)
            let archive = trees.run.root + "/.autonomous/.quire/archive"
            try put("x", archive + "/mine.txt")
            #expect(try trees.quire("prune").output.contains("kept 1 archive:"))
            #expect(
                try trees.quire("prune", "--older-than", "0", "--larger-than", "1G").output
                    .contains("kept 1 archive:")
            )
            let outcome = try trees.quire("prune", "--older-than", "0")
            #expect(outcome.output.contains("removed the archive one-"), "\(outcome.output)")
            #expect(outcome.output.contains("mine.txt: it has no name of an archive"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: archive) == ["mine.txt"])
        }
    }

    @Test func `is left alone while a run holds it`() throws {
        let work = "[ -e \"$QUIRE_TEST/go\" ] || { echo > \"$QUIRE_TEST/began\"; sleep 600; }"
        try withTrees(["one"], work: work) { trees in
            let root = trees.run.root
            var pruned: Outcome?
            let outcome = try trees.run.quire(
                ["run", "m.yaml"],
                environment: TreeRun.identity.merging(["QUIRE_TEST": root]) { $1 }
            ) { output, pid in
                guard pruned == nil, output.contains("session 1 starts"),
                    eventually({ FileManager.default.fileExists(atPath: root + "/began") })
                else { return }
                pruned = try? trees.quire("prune", "--older-than", "0")
                kill(pid, SIGTERM)
            }
            #expect(outcome.status == 143, "\(outcome.output)\(outcome.error)")
            let told = pruned?.output ?? "it never came so far"
            #expect(told.contains("kept the tree of one: a run works on it"), "\(told)")
            #expect(
                FileManager.default.fileExists(atPath: root + "/.autonomous/.quire/worktrees/one")
            )
        }
    }

    /// The check asks Quire to end, and has a process that does not end when it is asked to.
    @Test(arguments: [("INT", 130 as Int32), ("TERM", 143)])
    func `stays as it is when the check is interrupted`(name: String, status: Int32) throws {
        try withTrees(["one"]) { trees in
            try trees.complete()
            let check = "(trap '' TERM; sleep 600) & kill -\(name) $PPID; wait"
            let outcome = try trees.quire("merge", "--check", check)
            #expect(outcome.status == status, "\(outcome.output)\(outcome.error)")
            #expect(outcome.error.contains("SIG\(name) interrupted the check"), "\(outcome.error)")
            #expect(eventually { processes(mentioning: trees.run.root).isEmpty })
            let place = trees.run.root + "/.autonomous/.quire/worktrees/merge"
            #expect(!FileManager.default.fileExists(atPath: place))
            #expect(try trees.quire("merge").output.contains("one: merged"))
        }
    }

    // MARK: - Repair

    @Test func `that conflicts is mended by the task itself`() throws {
        let work = """
            if grep -q '<<<<<<<' a.txt; then printf 'by both\\n' > a.txt
            elif ! grep -q both a.txt; then echo "by $QUIRE_TASK" > a.txt; fi
            """
        try withTrees(["one", "two"], work: work) { trees in
            try trees.complete()
            #expect(try trees.quire("merge", "one").status == 0)
            let merge = try trees.quire("merge", "two")
            #expect(merge.status == 101)
            #expect(merge.output.contains("quire merge --repair two"), "\(merge.output)")
            #expect(try trees.quire("merge", "--repair").status == 64)
            for _ in 1...2 {
                let repair = try trees.quire("merge", "--repair", "two")
                #expect(repair.status == 101, "\(repair.output)\(repair.error)")
                #expect(repair.output.contains("its entry 3 is to mend that: quire run "))
            }
            #expect(trees.run.list("two").contains("- [ ] Task 3: resolve the conflicts with main"))
            let marked = try trees.git("show quire/The-run/two:a.txt")
            #expect(marked.contains("<<<<<<< ") && marked.contains("by two"), "\(marked)")
            // Marks are never merged.
            #expect(try trees.quire("merge", "two").status == 101)
            try trees.git("init --quiet --bare .git/bare")
            try trees.git("remote add origin .git/bare")
            for words in [["export", "two", "--into", "out"], ["pr", "two"]] {
                let outcome = try trees.run.quire(words, environment: TreeRun.identity)
                #expect(outcome.status == 101, "\(words): \(outcome.output)\(outcome.error)")
                let told = "two: left out, since conflicts are marked in a.txt; the task resolves"
                #expect(outcome.output.hasPrefix(told), "\(words): \(outcome.output)")
            }
            #expect(!FileManager.default.fileExists(atPath: trees.run.root + "/out/two"))
            #expect(try trees.git("for-each-ref", in: trees.run.root + "/.git/bare").isEmpty)
            try trees.complete()
            let again = try trees.quire("merge", "--repair", "two", "--check", "test -e a.txt")
            #expect(again.status == 0, "\(again.output)\(again.error)")
            #expect(text(trees.run.root + "/a.txt") == "by both\n")
            // What the task changed is still what is told of it.
            let diff = try trees.quire("diff", "two")
            #expect(diff.output.contains("-by one\n+by both\n"), "\(diff.output)")
        }
    }

    @Test func `that breaks the check gets an entry, too`() throws {
        try withTrees(["one"]) { trees in
            try trees.complete()
            let merge = try trees.quire("merge", "--repair", "one", "--check", "! test -e one.txt")
            #expect(merge.status == 101, "\(merge.output)\(merge.error)")
            #expect(trees.run.list("one").contains("- [ ] Task 3: make this check pass"))
            #expect(try trees.git("log --format=%s main") == "begin\n")
        }
    }

    /// A file that git does not know is in the way of the merge: nothing is begun, and nothing stuck.
    @Test func `is merged once what was in its way has gone`() throws {
        try withTrees(["one"]) { trees in
            try trees.complete()
            try put("mine", trees.run.root + "/one.txt")
            let refused = try trees.quire("merge")
            #expect(refused.status == 69 && refused.error.contains("one.txt"), "\(refused.error)")
            #expect(text(trees.run.root + "/one.txt") == "mine")
            try FileManager.default.removeItem(atPath: trees.run.root + "/one.txt")
            #expect(try trees.quire("merge").status == 0)
        }
    }
}

@Suite struct `Pull requests of tasks` {
    /// Stands in for `gh` and `glab`: keeps pull requests in a file, and logs its calls.
    private static let forge = """
        #!/usr/bin/env python3
        import json, os, sys
        root = os.environ["FORGE"]
        name = os.path.basename(sys.argv[0])
        words = sys.argv[1:]
        with open(root + "/calls", "a") as calls:
            calls.write(name + " " + " ".join(words[:2]) + "\\n")
        def option(*names):
            return next((words[words.index(n) + 1] for n in names if n in words), None)
        path = root + "/open.json"
        requests = json.load(open(path)) if os.path.exists(path) else []
        page, text = ("url", "body") if name == "gh" else ("web_url", "description")
        body = sys.stdin.read() if name == "gh" else option("--description")
        branch = option("--head", "--source-branch")
        if words[1] == "list":
            print(json.dumps([r for r in requests if r["branch"] == branch]))
        elif words[1] == "create":
            if os.path.exists(root + "/no"):
                sys.exit("GraphQL: you may not")
            url = "https://example.org/%d" % (len(requests) + 1)
            requests.append({"branch": branch, page: url, text: body, "iid": len(requests) + 1,
                "title": option("--title"), "draft": "--draft" in words})
            print("Creating it\\n" + url)
        else:
            for r in requests:
                if words[2] in (r[page], str(r["iid"])):
                    r[text] = body
        json.dump(requests, open(path, "w"))
        """

    private struct Request: Decodable {
        var branch: String
        var title: String
        var draft: Bool
        var body: String?
        var description: String?
        var text: String { body ?? description ?? "" }
    }

    /// Makes a remote, and a `PATH` with git, the shell and these programs alone.
    private func withRemote(
        _ tasks: [String],
        programs: [String],
        address: String? = nil,
        _ body: (TreeRun, _ environment: [String: String]) throws -> Void
    ) throws {
        try withTrees(tasks) { trees in
            try trees.complete()
            let place = trees.run.root + "/.git/remote"
            try trees.git("init --quiet --bare '\(place)/bare.git'")
            try trees.git("remote add origin '\(address ?? place + "/bare.git")'")
            // What is called python3 may be a script that looks for another one.
            let python = "$(python3 -c 'import sys; print(sys.executable)')"
            for program in ["git", "sh", "env", "python3", "cat", "grep"] {
                let path = program == "python3" ? python : "$(command -v \(program))"
                let made = try shell(
                    "mkdir -p bin && ln -s \"\(path)\" bin/\(program)",
                    in: place
                )
                #expect(made.status == 0, "\(made.error)")
            }
            for program in programs {
                try put(Self.forge, place + "/bin/" + program)
                chmod(place + "/bin/" + program, 0o755)
            }
            try script("exec git receive-pack '\(place)/bare.git'", place + "/ssh")
            try body(
                trees,
                [
                    "PATH": place + "/bin", "FORGE": place,
                    "GIT_SSH_COMMAND": "'\(place)/ssh'",
                ]
            )
        }
    }

    private func requests(_ trees: TreeRun) throws -> [Request] {
        try decoded([Request].self, text(trees.run.root + "/.git/remote/open.json"))
    }

    @Test(arguments: ["gh", "glab"])
    func `are opened, updated, and left alone where somebody edited them`(program: String) throws {
        try withRemote(["one", "two"], programs: [program]) { trees, environment in
            let opened = try trees.quire("pr", "--draft", environment: environment)
            #expect(opened.status == 0, "\(opened.output)\(opened.error)")
            #expect(opened.output.contains("one: opened https://example.org/"), "\(opened.output)")
            let first = try requests(trees)
            #expect(Set(first.map(\.branch)) == ["quire/The-run/one", "quire/The-run/two"])
            #expect(first.allSatisfy { $0.draft })
            #expect(first.allSatisfy { $0.title.hasSuffix(": sim: entries=2") }, "\(first)")
            for request in first {
                #expect(request.text.contains("- [x] "), "\(request.text)")
                #expect(request.text.contains("3 sessions, "), "\(request.text)")
            }
            let bare = trees.run.root + "/.git/remote/bare.git"
            #expect(try trees.git("rev-parse quire/The-run/one", in: bare).count == 41)

            let again = try trees.quire("pr", "one", environment: environment)
            #expect(again.output.contains("one: pushed, and updated https://"), "\(again.output)")
            let path = trees.run.root + "/.git/remote/open.json"
            try put(text(path).replacing("- [x] ", with: "- [x] edited "), path)
            let edited = try trees.quire("pr", "one", environment: environment)
            #expect(edited.status == 0)
            #expect(edited.output.contains("somebody has edited"), "\(edited.output)")
            #expect(try requests(trees).allSatisfy { $0.text.contains("edited ") })

            try put("", trees.run.root + "/.git/remote/no")
            try put("[]", path)
            let refused = try trees.quire("pr", "one", environment: environment)
            #expect(refused.status == 101, "\(refused.output)")
            #expect(refused.error.contains("you may not"), "\(refused.error)")
        }
    }

    @Test func `have no secrets in their texts`() throws {
        let secret = "inherited-horse-staple"
        try withRemote(["one"], programs: ["gh"]) { trees, environment in
            let task = trees.run.task("one")
            try put("Use \(secret).\n", task + "/prompt.md")
            let list = task + "/task_list.md"
            try put(text(list) + "- [ ] Task 3: with \(secret)\n", list)
            let secrets = environment.merging(["MY_API_TOKEN": secret]) { $1 }
            let outcome = try trees.quire("pr", "one", environment: secrets)
            #expect(outcome.output.contains("one: opened "), "\(outcome.output)\(outcome.error)")
            let request = try #require(try requests(trees).first)
            #expect(request.title == "one: Use [redacted].")
            #expect(request.text.contains("with ") && !request.text.contains(secret))
        }
    }

    private static let pages = [
        (
            "git@github.com:o/r.git",
            "https://github.com/o/r/compare/main...quire/The-run/one?expand=1"
        ),
        (
            "ssh://git@gitlab.example.org:2222/group/r.git",
            "https://gitlab.example.org/group/r/-/merge_requests/new?merge_request%5Bsource_branch%5D="
                + "quire/The-run/one&merge_request%5Btarget_branch%5D=main"
        ),
        ("git@example.org:r", "one: pushed quire/The-run/one to origin\n"),
    ]

    @Test(arguments: pages)
    func `are opened by hand where no program is there for it`(
        address: String,
        words: String
    ) throws {
        try withRemote(["one"], programs: [], address: address) { trees, environment in
            let outcome = try trees.quire("pr", environment: environment)
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(outcome.output.contains(words), "\(outcome.output)")
        }
    }

    /// What git-lfs is there: its exit status before a push, `nil` for none, and what is told.
    private static let largeFiles: [(status: Int32?, words: String?)] = [
        (0, nil), (2, "the store of large files is full"), (nil, "install git-lfs"),
    ]

    @Test(arguments: largeFiles)
    func `have what git-lfs keeps pushed before them, or are not pushed`(
        status: Int32?,
        words: String?
    ) throws {
        try withRemote(["one", "two"], programs: []) { trees, environment in
            let remote = trees.run.root + "/.git/remote"
            if let status {
                try script(
                    """
                    if [ "$1" = version ]; then exit; fi
                    echo "$*" >> '\(remote)/lfs'
                    cat >> '\(remote)/lfs'
                    git ls-remote '\(remote)/bare.git' >> '\(remote)/lfs'
                    if [ \(status) != 0 ]; then echo 'the store of large files is full' >&2; fi
                    exit \(status)
                    """,
                    remote + "/bin/git-lfs"
                )
            }
            let tree = trees.run.root + "/.autonomous/.quire/worktrees/one"
            try put(
                "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n",
                tree + "/large.bin"
            )
            try trees.git("add large.bin && git commit --quiet -m large", in: tree)
            // One that is gone in the end is pushed with the commit that had it.
            try trees.git("rm --quiet large.bin && git commit --quiet -m small", in: tree)
            let outcome = try trees.quire("pr", environment: environment)
            let branches = try trees.git("for-each-ref", in: remote + "/bare.git")
            #expect(branches.contains("/one") == (status == 0), "\(outcome.error)")
            // Without such a file git-lfs has no part in it.
            #expect(branches.contains("/two"), "\(outcome.error)")
            #expect(outcome.status == (status == 0 ? 0 : 101), "\(outcome.output)")
            if let words { #expect(outcome.error.contains(words), "\(outcome.error)") }
            let called = text(remote + "/lfs")
            guard status != nil else { return #expect(called.isEmpty) }
            let commit = try trees.git("rev-parse quire/The-run/one").dropLast()
            let name = "refs/heads/quire/The-run/one"
            let none = String(repeating: "0", count: 40)
            let line = "pre-push origin \(remote)/bare.git\n\(name) \(commit) \(name) \(none)\n"
            #expect(called.hasPrefix(line) && !called.contains("two "), "\(called)")
            #expect(
                !called.dropFirst(line.count).contains("/one"),
                "it was pushed first: \(called)"
            )
        }
    }

    @Test func `that a remote refuses are told in git's words, and the others go on`() throws {
        try withRemote(["one", "two", "three"], programs: ["gh"]) { trees, environment in
            let bare = trees.run.root + "/.git/remote/bare.git"
            try script(
                "if grep -q /two; then echo 'two is not welcome' >&2; exit 1; fi",
                bare + "/hooks/pre-receive"
            )
            // Somebody else's branch of this name is not overwritten.
            try trees.git("commit --quiet --allow-empty -m other")
            try trees.git("push --quiet '\(bare)' main:refs/heads/quire/The-run/three")
            let theirs = try trees.git("rev-parse quire/The-run/three", in: bare)
            let outcome = try trees.quire("pr", environment: environment)
            #expect(outcome.status == 101, "\(outcome.output)")
            #expect(outcome.error.contains("remote: two is not welcome"), "\(outcome.error)")
            #expect(outcome.error.contains("pre-receive hook declined"), "\(outcome.error)")
            #expect(outcome.error.contains("[rejected]"), "\(outcome.error)")
            #expect(outcome.output.contains("one: opened"), "\(outcome.output)")
            #expect(try requests(trees).map(\.branch) == ["quire/The-run/one"])
            #expect(try trees.git("rev-parse quire/The-run/three", in: bare) == theirs)
            let unknown = try trees.quire("pr", "--remote", "upstream", environment: environment)
            #expect(unknown.status == 64 && unknown.error.contains("it has origin"))
        }
    }
}

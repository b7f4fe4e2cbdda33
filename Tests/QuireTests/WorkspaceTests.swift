import Autonomous
import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct `The workspace` {
    /// Layouts, each made by a shell in an empty directory; `d` is where the look is from.
    private static let layouts = [
        "mkdir -p d",
        "git init -q r; mkdir -p r/a/d; mv r/a/d r/d2; mkdir -p r/d; ln -s r/d d",
        "git init -q .; mkdir -p d",
        "git init -q .; mkdir -p d/.git",
        "git init -q .; mkdir -p d; git init -q d",
        "git init -q .; git init -q d; rm -r d/.git/objects",
        "git init -q .; git init -q d; rm -r d/.git/refs",
        "git init -q .; git init -q d; rm d/.git/HEAD",
        "git init -q .; git init -q d; : > d/.git/HEAD",
        "git init -q .; git init -q d; echo 'ref: elsewhere' > d/.git/HEAD",
        "git init -q .; git init -q d; echo 'ref:   refs/heads/x' > d/.git/HEAD",
        "git init -q .; git init -q d; echo 0123456789012345678901234567890123456789 > d/.git/HEAD",
        "git init -q .; git init -q d; echo 012345678901234567890123456789 > d/.git/HEAD",
        "git init -q .; git init -q d; rm d/.git/HEAD; ln -s refs/heads/m d/.git/HEAD",
        "git init -q .; git init -q d; rm d/.git/HEAD; ln -s nowhere d/.git/HEAD",
        "git init -q .; git init -q d; rm d/.git/HEAD; mkdir d/.git/HEAD",
        "git init -q .; git init -q d; rm d/.git/HEAD; mkfifo d/.git/HEAD; rm d/.git/HEAD",
        "git init -q --separate-git-dir=g .; mkdir -p d",
        "git init -q r; mkdir d; ln -s ../r/.git d/.git",
        "git init -q r; mkdir d; ln -s nowhere d/.git",
        "git init -q r; mkdir d; echo 'gitdir: ../r/.git' > d/.git",
        "git init -q r; mkdir d; printf 'gitdir: ../r/.git' > d/.git",
        "git init -q .; mkdir d; mkfifo d/.git; rm d/.git",
        "git init -q --bare d",
        "git init -q --bare b; mkdir -p b/x; ln -s b/x d",
        "git init -q .; ln -s .git/refs d",
        "git init -q r; cd r; git -c user.name=a -c user.email=a commit -q --allow-empty -m a; "
            + "git worktree add -q ../d",
        "git init -q r; cd r; git -c user.name=a -c user.email=a commit -q --allow-empty -m a; "
            + "git worktree add -q ../w; mkdir ../w/s; cd ..; ln -s w/s d",
        "git init -q s; cd s; git -c user.name=a -c user.email=a commit -q --allow-empty -m a; cd ..; "
            + "git init -q r; cd r; git -c protocol.file.allow=always submodule --quiet add ../s m; "
            + "cd ..; ln -s r/m d",
    ]

    /// What git says; the directory itself where that is nothing.
    private func asGitSays(in directory: String) throws -> String {
        let script = "git rev-parse --show-toplevel 2>/dev/null || pwd -P"
        return try shell("cd \(directory) && \(script)", in: "/").output
            .trimmingCharacters(in: .newlines)
    }

    @Test(arguments: layouts)
    func `is what git says, whatever lies around`(layout: String) throws {
        try withRun { run in
            let place = run.root + "/place"
            try FileManager.default.createDirectory(
                atPath: place,
                withIntermediateDirectories: true
            )
            #expect(try shell(layout, in: place).status == 0)
            let found = Workspace.containing(place + "/d").root
            let real = try shell("cd \(found) && pwd -P", in: "/").output
                .trimmingCharacters(in: .newlines)
            let said = try asGitSays(in: place + "/d")
            #expect(real == said, "\(layout)")
        }
    }

    @Test(arguments: [
        ": > d/.git", "echo x > d/.git", "echo 'gitdir: ../nowhere' > d/.git",
        "echo 'gitdir: ' > d/.git", "head -c 2000000 /dev/zero > d/.git",
    ])
    func `is found above a broken file at which git gives up`(layout: String) throws {
        try withRun { run in
            let place = run.root + "/place"
            let made = "mkdir -p \(place)/d; cd \(place); git init -q .; \(layout)"
            let outcome = try shell(made, in: "/")
            #expect(outcome.status == 0)
            #expect(Workspace.containing(place + "/d").root == place)
        }
    }

    @Test func `is not looked for above what git is told not to go beyond`() throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            let made = "mkdir d; mv m.yaml d"
            #expect(try shell(made, in: run.root).status == 0)
            let plan = try run.quire(["plan", "d/m.yaml"])
            #expect(plan.output.contains("task directories in \(run.root)/.autonomous"))
            let limited = try run.quire(
                ["plan", "d/m.yaml"],
                environment: ["GIT_CEILING_DIRECTORIES": run.root]
            )
            #expect(limited.output.contains("task directories in \(run.root)/d/.autonomous"))
        }
    }

    @Test(arguments: [
        ("rm -rf .git", "mkdir .git"), ("rm -rf .git", "mkdir .git proj/.git"),
        ("rm -rf .git", "git init -q ."), ("true", "git init -q proj"), ("true", "rm -rf .git"),
        ("true", ": > proj/.git"),
    ])
    func `of a run stays the same, whatever becomes of the repository`(
        before: String,
        after: String
    ) throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            #expect(try shell("mkdir proj; mv m.yaml proj; \(before)", in: run.root).status == 0)
            func quire(_ words: String) throws -> Outcome {
                try Program(
                    "/bin/sh",
                    ["-c", "cd proj && exec \(Program.built("quire")) \(words)"],
                    in: run.root
                ).run()
            }
            #expect(try quire("run m.yaml").status == 0)
            let plan = try quire("plan m.yaml").output
            #expect(try shell(after, in: run.root).status == 0)
            for command in ["status m.yaml", "list", "explain t", "logs t"] {
                let outcome = try quire(command)
                #expect(outcome.status == 0, "\(command): \(outcome.error)")
                #expect(!outcome.output.isEmpty && !outcome.output.contains("no tasks"))
            }
            let place = try #require(plan.split(separator: " ").last.map(String.init))
            #expect(try quire("plan m.yaml").output.contains(place))
            let again = try quire("run m.yaml")
            #expect(again.status == 0 && !again.output.contains("session 1 starts"))
        }
    }

    @Test func `of a run is recorded, wherever the state is`() throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            let made = "mkdir proj; mv m.yaml proj; rm -rf .git"
            #expect(try shell(made, in: run.root).status == 0)
            let arguments = ["run", "proj/m.yaml", "--state-dir", "state"]
            #expect(try run.quire(arguments).status == 0)
            #expect(try shell("git init -q .", in: run.root).status == 0)
            let again = try run.quire(arguments)
            #expect(again.status == 0 && !again.output.contains("session 1 starts"))
            #expect(!FileManager.default.fileExists(atPath: run.root + "/.autonomous"))
        }
    }

    @Test func `is told where it is not the manifest's directory`() throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            let words = "the workspace is \(run.root), the top level of the git repository"
            let plain = try run.quire(["run", "m.yaml"])
            #expect(!plain.output.contains("the workspace is"))
            #expect(try shell("mkdir d; mv m.yaml d", in: run.root).status == 0)
            #expect(try run.quire(["run", "d/m.yaml"]).output.contains(words))
        }
    }

    @Test(arguments: [
        "list", "status", "limits", "logs t", "explain t", "plan m.yaml", "run m.yaml", "doctor",
        "merge-runs .", "task --list", "task x", "simulate m.yaml", "diff t", "merge", "pr",
        "export", "trust m.yaml",
        "prune", "pause", "resume", "drain", "stop t", "skip t", "retry t", "set concurrency=2",
        "add m.yaml",
    ])
    func `can't be found from a directory that is gone, and that is told`(words: String) throws {
        try withRun { run in
            let quire = Program.built("quire")
            let outcome = try shell(
                "mkdir g; cd g; rmdir ../g; exec \(quire) \(words)",
                in: run.root
            )
            #expect(outcome.status != 0)
            #expect(outcome.error.contains("the current directory does not exist any more"))
        }
    }

    @Test(arguments: ["help", "help run", "run --help", "--help", "--version", ""])
    func `is not needed for help`(words: String) throws {
        try withRun { run in
            let quire = Program.built("quire")
            let outcome = try shell(
                "mkdir g; cd g; rmdir ../g; exec \(quire) \(words)",
                in: run.root
            )
            #expect(outcome.status == 0 && !outcome.output.isEmpty, "\(outcome.error)")
        }
    }

    @Test func `has git ignore the task directories, unless git tracks some`() throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            #expect(try shell("rm -rf .git; git init -q .", in: run.root).status == 0)
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            #expect(text(run.root + "/.autonomous/.gitignore") == "*\n")
            #expect(try shell("git status --porcelain", in: run.root).output == "?? m.yaml\n")
            let track = "rm .autonomous/.gitignore; git add .autonomous/t/task_list.md"
            #expect(try shell(track, in: run.root).status == 0)
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            #expect(!FileManager.default.fileExists(atPath: run.root + "/.autonomous/.gitignore"))
        }
    }
}

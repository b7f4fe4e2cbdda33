import Foundation
import Glibc
import TestSupport
import Testing

/// What an agent may put in the place of one of Quire's files or directories.
private enum Oddity: String, CaseIterable {
    case link, danglingLink, pipe, directory, file, hardLink, socket

    /// A shell's commands that put it at `$p`; `$o` is a directory outside, with a file `victim`.
    var script: String {
        let clear = "rm -rf \"$p\"; mkdir -p \"$(dirname \"$p\")\"; "
        return clear
            + {
                switch self {
                case .link:
                    "ln -s \"$([ -n \"$isDirectory\" ] && echo $o || echo $o/victim)\" \"$p\""
                case .danglingLink: "ln -s \"$o/new\" \"$p\""
                case .pipe: "mkfifo \"$p\""
                case .directory: "mkdir \"$p\""
                case .file: "echo something > \"$p\""
                case .hardLink: "ln \"$o/victim\" \"$p\""
                case .socket:
                    "python3 -c 'import os, socket, sys; os.chdir(sys.argv[1]); "
                        + "socket.socket(socket.AF_UNIX).bind(sys.argv[2])' "
                        + "\"$(dirname \"$p\")\" \"$(basename \"$p\")\""
                }
            }()
    }
}

/// A file or a directory of the state.
private struct Place: Sendable, CustomTestStringConvertible {
    var path: String
    var isDirectory = false

    var testDescription: String { path }

    static let all =
        [
            ".autonomous", ".autonomous/.quire", ".autonomous/t", ".autonomous/.quire/lists",
            ".autonomous/t/.runner.lock",
        ].map { Place(path: $0, isDirectory: true) }
        + [
            ".autonomous/.gitignore", ".autonomous/.quire/.gitignore",
            ".autonomous/.quire/run.lock", ".autonomous/.quire/quire.db",
            ".autonomous/.quire/quire.db-wal", ".autonomous/.quire/quire.db-shm",
            ".autonomous/.quire/quire.db-journal", ".autonomous/.quire/lists/t.md",
            ".autonomous/t/task_list.md", ".autonomous/t/progress.md",
            ".autonomous/t/session.log", ".autonomous/t/session.id", ".autonomous/t/prompt.md",
            ".autonomous/t/.runner.lock/pid", ".autonomous/t/.runner.lock/owner",
        ].map { Place(path: $0) }
}

@Suite struct `A hostile place` {
    private static let secret = "MY KEY\n"

    /// A workspace with a task of one entry, and a directory outside.
    private func withPlaces(_ body: (QuireRun, _ outside: String) throws -> Void) throws {
        try withRun { run in
            let outside = run.root + "-outside"
            try put(Self.secret, outside + "/victim")
            defer { try? FileManager.default.removeItem(atPath: outside) }
            try body(run, outside)
        }
    }

    private func plant(
        _ oddity: Oddity,
        at place: Place,
        in run: QuireRun,
        _ outside: String
    ) throws {
        let isDirectory = place.isDirectory ? "isDirectory=1; " : "isDirectory=; "
        let values = "p='\(run.root)/\(place.path)'; o='\(outside)'; \(isDirectory)"
        let made = try shell(values + oddity.script, in: run.root)
        #expect(made.status == 0, "\(made.error)")
    }

    private func expectNothing(in outside: String, _ words: String) throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: outside)
        #expect(names == ["victim"], "\(words)")
        #expect(text(outside + "/victim") == Self.secret, "\(words)")
    }

    private func quire(_ arguments: [String], in run: QuireRun) throws -> Outcome {
        var program = Program(Program.built("quire"), arguments, in: run.root)
        program.deadline = .seconds(60)
        return try program.run()
    }

    @Test(arguments: Place.all, Oddity.allCases)
    private func `is not followed, not waited for, and told`(
        place: Place,
        oddity: Oddity
    ) throws {
        try withPlaces { run, outside in
            try run.write([("t", "entries=1 no-notes")])
            #expect(try self.quire(["run", "m.yaml"], in: run).status == 0)
            // Something to look at, and work left.
            try TestSupport.put("## Tasks\n- [ ] Task 1: step 1\n", run.task("t") + "/task_list.md")
            // The agent, which may follow links in its sandbox, writes no notes.
            try run.write([("t", "entries=1 no-notes"), ("u", "entries=1")])
            try plant(oddity, at: place, in: run, outside)
            for words in [
                ["status"], ["list"], ["explain", "t"], ["logs", "t"], ["run", "m.yaml"],
            ] {
                let outcome = try self.quire(words, in: run)
                let said = outcome.output + outcome.error
                #expect(!outcome.isLate, "\(words)")
                try expectNothing(in: outside, "\(words): \(said)")
                if words == ["run", "m.yaml"], outcome.status == 69, oddity != .file {
                    #expect(said.contains((place.path as NSString).lastPathComponent), "\(said)")
                }
            }
        }
    }

    /// An agent that does its work, and then replaces a place of the state.
    private func agent(_ place: Place, _ oddity: Oddity, _ run: QuireRun, _ outside: String) throws
    {
        let isDirectory = place.isDirectory ? "1" : ""
        let script = """
            #!/bin/sh
            cat > /dev/null
            p='\(run.root)/\(place.path)' o='\(outside)' isDirectory='\(isDirectory)'
            echo '{"type":"thread.started","thread_id":"0199a213-81c0-7800-8aa1-bbab2a035a53"}'
            echo '{"type":"turn.started"}'
            l=$QUIRE_DIRECTORY/task_list.md
            if [ -f "$l" ]; then sed -i 's/^- \\[ \\]/- [x]/' "$l"
            else printf '## Tasks\\n- [ ] Task 1: a\\n' > "$l"; echo > "$QUIRE_DIRECTORY/progress.md"; fi
            [ -e '\(run.root)/done' ] || { : > '\(run.root)/done'; mv "$p" "$p.away"; \(oddity.script); }
            usage='{"input_tokens":1,"cached_input_tokens":0,"output_tokens":1}'
            echo '{"type":"turn.completed","usage":'"$usage"'}'
            """
        try TestSupport.put(script, run.root + "/agent.sh")
        chmod(run.root + "/agent.sh", 0o755)
        let manifest = """
            version: 1
            run: {grace: 1s, agent: {command: [./agent.sh]}}
            defaults: {max_sessions: 4, retries: {limit: 1, delay: 10ms, max_delay: 20ms}}
            tasks: [{name: t, prompt: p}]
            """
        try TestSupport.put(manifest, run.root + "/m.yaml")
    }

    @Test(arguments: Place.all, Oddity.allCases)
    private func `that comes up during a run is not written to`(
        place: Place,
        oddity: Oddity
    ) throws {
        try withPlaces { run, outside in
            try agent(place, oddity, run, outside)
            let outcome = try self.quire(["run", "m.yaml"], in: run)
            let said = outcome.output + outcome.error
            #expect(!outcome.isLate)
            try expectNothing(in: outside, said)
            if [".autonomous/t", ".autonomous"].contains(place.path) {
                #expect(outcome.status != 0, "\(said)")
                let isTold = ["was replaced by", "was removed or moved away"].contains(
                    where: said.contains
                )
                #expect(isTold, "\(said)")
            }
        }
    }

    @Test(arguments: [": >", "truncate -s 4096", "cp m.yaml"])
    func `that is emptied or cut short during a run is told`(command: String) throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            let database = "'\(run.root)/.autonomous/.quire/quire.db'"
            let agent = try run.writeAgent("\(command) \(database)")
            try run.write([("u", "entries=1")], agent: agent)
            let outcome = try run.quire(["run", "m.yaml"])
            // What SQLite remembers of the file may be enough for the rest of a run.
            #expect([0, 69].contains(outcome.status), "\(outcome.output)\(outcome.error)")
            let said = outcome.output + outcome.error
            #expect(said.contains("was emptied or cut short"), "\(said)")
            #expect(said.contains("quire.db"), "\(said)")
            // As the words for a database that is empty or damaged advise.
            try FileManager.default.removeItem(atPath: run.root + "/.autonomous/.quire")
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            #expect(run.list("u").contains("[x]"))
        }
    }

    /// Runs Quire without root's right to read everything.
    private func unprivileged(_ arguments: [String], in run: QuireRun) throws -> Outcome {
        let without = ["--bounding-set", "-dac_override,-dac_read_search"]
        let isRoot = geteuid() == 0
        var program = Program(
            isRoot ? "/usr/bin/setpriv" : "/usr/bin/env",
            (isRoot ? without : []) + [Program.built("quire")] + arguments,
            in: run.root
        )
        program.deadline = .seconds(60)
        return try program.run()
    }

    @Test(arguments: Place.all)
    private func `that can't be read is told, and nothing is lost`(place: Place) throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            #expect(try self.quire(["run", "m.yaml"], in: run).status == 0)
            let list = run.task("t") + "/task_list.md"
            try TestSupport.put(text(list).replacing("[x]", with: "[ ]"), list)
            let path = run.root + "/" + place.path
            var before = stat()
            // What exists during a run alone is none of these.
            guard lstat(path, &before) == 0 else { return }
            chmod(path, 0)
            for words in [
                ["status"], ["list"], ["explain", "t"], ["logs", "t"], ["run", "m.yaml"],
            ] {
                let outcome = try unprivileged(words, in: run)
                let said = outcome.output + outcome.error
                #expect([0, 69, 100].contains(outcome.status), "\(words): \(said)")
                guard outcome.status != 0 else { continue }
                #expect(said.contains((place.path as NSString).lastPathComponent), "\(said)")
                #expect(said.contains("permissions"), "\(said)")
            }
            chmod(path, before.st_mode & 0o7777)
            let after = try self.quire(["run", "m.yaml", "--retry-failed"], in: run)
            #expect(after.status == 0, "\(after.output)\(after.error)")
            #expect(text(list).contains("[x]"))
        }
    }

    @Test func `that a task's directory became ends the task, and is told`() throws {
        try withPlaces { run, outside in
            try agent(Place(path: ".autonomous/t", isDirectory: true), .link, run, outside)
            let outcome = try self.quire(["run", "m.yaml"], in: run)
            #expect(outcome.status == 100)
            let words = "\(run.task("t"))\" was replaced by a link to \"\(outside)\""
            #expect(outcome.output.contains(words), "\(outcome.output)")
        }
    }
}

@Suite struct `What stands in the place of the run database` {
    private func database(_ run: QuireRun) -> String { run.root + "/.autonomous/.quire/quire.db" }

    @Test(arguments: [
        ("mkdir $d", "is a directory"), ("mkfifo $d", "is a pipe"),
        ("ln -s /etc/passwd $d", "is a link to \"/etc/passwd\""),
        ("ln -s nowhere $d", "is a link to \"nowhere\""), (": > $d", "is an empty file"),
        (
            "sql 'create table places(x); pragma application_id=1234'",
            "of another program (application id 1234; tables: places)"
        ),
        ("sql 'create table places(x)'", "of another program (application id 0; tables: places)"),
        (
            "sql 'create table grdb_migrations(identifier); create table mine(x)'",
            "of another program (application id 0; tables: grdb_migrations, mine)"
        ), ("sql 'pragma user_version=7; create table t(x); drop table t'", "of another program"),
    ])
    func `is told as what it is, and left as it is`(script: String, words: String) throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            let sql =
                "sql() { python3 -c 'import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); "
                + "c.executescript(sys.argv[2]); c.close()' $d \"$1\"; }; "
            let state = run.root + "/.autonomous/.quire"
            let made = try shell(
                "mkdir -p \(state); d=\(database(run)); \(sql)\(script)",
                in: run.root
            )
            #expect(made.status == 0, "\(made.error)")
            let look =
                "cd \(state); ls -A | grep -v -e lock -e gitignore; ls -ld quire.db; "
                + "[ ! -f quire.db ] || cksum quire.db"
            let before = try shell(look, in: "/").output
            for arguments in [["run", "m.yaml"], ["status"], ["list"], ["doctor"]] {
                let outcome = try run.quire(arguments)
                #expect(outcome.status == 69, "\(arguments)")
                let said = outcome.error + outcome.output
                #expect(said.contains(database(run)) && said.contains(words), "\(said)")
            }
            #expect(try shell(look, in: "/").output == before)
        }
    }

    @Test func `may be a database of before Quire's had a mark, which it gets`() throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            func id(setting: String = "pass") throws -> String {
                let script =
                    "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); \(setting); "
                    + "print(c.execute('pragma application_id').fetchone()[0])"
                return try Program(
                    "/usr/bin/env",
                    ["python3", "-c", script, database(run)],
                    in: "/"
                ).run().output
            }
            #expect(try id() == "1366649202\n")
            #expect(try id(setting: "c.execute('pragma application_id=0')") == "0\n")
            #expect(try run.quire(["status"]).status == 0)
            #expect(try id() == "0\n")
            #expect(try run.quire(["run", "m.yaml"]).status == 0)
            #expect(try id() == "1366649202\n")
        }
    }

    @Test func `has a path that is too long, and that is told`() throws {
        try withRun { run in
            let deep = (1...5).map { _ in String(repeating: "d", count: 100) }
                .joined(separator: "/")
            try run.write([("t", "entries=1")])
            #expect(
                try shell("mkdir -p \(deep); mv m.yaml \(deep); rm -rf .git", in: run.root).status
                    == 0
            )
            let outcome = try run.quire(["run", "\(deep)/m.yaml"])
            #expect(outcome.status == 69)
            #expect(outcome.error.contains("is too long") && outcome.error.contains("--state-dir"))
            #expect(!outcome.error.contains("owner"))
            let elsewhere = try run.quire(["run", "\(deep)/m.yaml", "--state-dir", "state"])
            #expect(elsewhere.status == 0, "\(elsewhere.error)")
        }
    }

    @Test(arguments: 488...506)
    func `has a path of any length, which is taken or told`(length: Int) throws {
        try withRun { run in
            try run.write([("t", "entries=1")])
            let name = "/quire.db"
            var path = run.root
            while length - name.utf8.count - path.utf8.count > 201 {
                path += "/" + String(repeating: "d", count: 99)
            }
            let left = length - name.utf8.count - path.utf8.count - 1
            path += "/" + String(repeating: "e", count: left)
            let outcome = try run.quire(["run", "m.yaml", "--state-dir", path])
            #expect(outcome.status == (length > 489 ? 69 : 0), "\(outcome.error)")
            #expect(outcome.error.contains("is too long: it has \(length) bytes") == (length > 489))
        }
    }
}

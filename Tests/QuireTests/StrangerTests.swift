import Foundation
import TestSupport
import Testing

/// Processes that Quire has to do with and did not start.
@Suite struct `Who is not of a run` {
    /// An entry point with a helper, which becomes Quire.
    ///
    /// The helper notes that it was asked to end; told to, it leaves an orphan that notes the same.
    private func writeEntry(_ run: QuireRun) throws {
        try put(
            """
            #!/bin/bash
            cd "${0%/*}"
            "${0%/*}/helper" helper >/dev/null 2>&1 </dev/null &
            until test -e helper.pid; do sleep 0.01; done
            exec "$@"
            """,
            run.root + "/entry"
        )
        try put(
            """
            #!/bin/bash
            trap 'touch ended; exit' TERM
            echo $$ >"$1.new" && mv "$1.new" "$1.pid"
            if test "$1" = helper; then
              until test -e begun; do sleep 0.01; done
              (setsid "$0" orphan &)
            fi
            while :; do sleep 0.1; done
            """,
            run.root + "/helper"
        )
        for name in ["entry", "helper"] { chmod(run.root + "/" + name, 0o755) }
        try run.write([("leaver", "entries=1 daemons=2"), ("t", "entries=2 until=seen")])
    }

    private func number(_ run: QuireRun, _ name: String) -> Int32? {
        Int32(text(run.root + "/\(name).pid").trimmingCharacters(in: .whitespacesAndNewlines))
    }

    @Test func `a helper of the entry point lives on, and so do its orphans`() throws {
        try withRun { run in
            try writeEntry(run)
            defer {
                for name in ["helper", "orphan"] { number(run, name).map { _ = kill($0, SIGKILL) } }
            }
            var isAdopted = false
            let outcome = try Program(
                run.root + "/entry",
                [Program.built("quire"), "run", "m.yaml"],
                in: run.root
            ).run { output, pid in
                guard output.contains("t: session 1 starts"), !isAdopted else { return }
                try? put("", run.root + "/begun")
                isAdopted = eventually {
                    guard let orphan = number(run, "orphan") else { return false }
                    return text("/proc/\(orphan)/stat").contains(") S \(pid) ")
                }
                try? put("", run.root + "/seen")
            }
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            #expect(isAdopted)
            #expect(!FileManager.default.fileExists(atPath: run.root + "/ended"))
            for name in ["helper", "orphan"] {
                let pid = try #require(number(run, name))
                #expect(kill(pid, 0) == 0, "\(name)")
            }
            #expect(processes(mentioning: "QUIRE_RUN=\(run.root)/m.yaml").isEmpty)
        }
    }

    @Test func `a helper that ends is reaped all the same`() throws {
        try withRun { run in
            try writeEntry(run)
            var isReaped = false
            let outcome = try Program(
                run.root + "/entry",
                [Program.built("quire"), "run", "m.yaml"],
                in: run.root
            ).run { output, _ in
                guard output.contains("t: session 1 starts"), !isReaped,
                    let helper = number(run, "helper")
                else { return }
                kill(helper, SIGKILL)
                isReaped = eventually { kill(helper, 0) != 0 }
                try? put("", run.root + "/seen")
            }
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            #expect(isReaped)
        }
    }

    @Test(.enabled(if: canNumber, "processes can't have numbers of their own here"))
    func `a helper of a container's entry point is left alone by its first process`() throws {
        try withRun { run in
            try writeEntry(run)
            let outcome = try Program(
                "/usr/bin/unshare",
                [
                    "--pid", "--fork", "--mount-proc", run.root + "/entry", Program.built("quire"),
                    "run", "m.yaml",
                ],
                in: run.root
            ).run { output, _ in
                guard output.contains("t: session 1 starts") else { return }
                try? put("", run.root + "/begun")
                _ = eventually { number(run, "orphan") != nil }
                try? put("", run.root + "/seen")
            }
            #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
            #expect(number(run, "orphan") != nil)
            #expect(!FileManager.default.fileExists(atPath: run.root + "/ended"))
        }
    }
}

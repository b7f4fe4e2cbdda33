import Foundation
import Glibc
import TestSupport
import Testing

@Suite struct `Local time` {
    static let zones = [
        "UTC", ":Asia/Tokyo", "Asia/Tokyo", "JST-9", "<+0530>-5:30", "EST5EDT,M3.2.0,M11.1.0",
        ":/etc/localtime", "America/St_Johns", "nowhere", "",
    ]

    @Test(arguments: zones)
    func `is that of the C library, which agents see`(zone: String) throws {
        try withRun { run in
            let date = Program("/bin/date", ["+%Z, UTC%:z"], in: run.root)
            var program = date
            program.environment["TZ"] = zone
            let expected = try program.run().output.trimmingCharacters(in: .newlines)
            try #require(!expected.isEmpty)
            let clock = try run.quire(["doctor"], environment: ["TZ": zone]).output
                .split(separator: "\n").first { $0.contains("clock: ") }
            #expect(clock?.contains("(\(expected))") == true, "\(clock ?? "") \(expected)")
        }
    }

    /// An agent that hits a limit which is over in 20 minutes, told in local time.
    private static let agent = """
        #!/bin/bash
        cat > /dev/null
        t=$(date -d '+20 min' '+%-I:%M %p')
        printf '%s\\n' '{"type":"thread.started","thread_id":"0199a213-81c0-7800-8aa1-bbab2a035a53"}' \\
            '{"type":"turn.started"}' \\
            '{"type":"turn.failed","error":{"message":"You hit your usage limit. Try again at '"$t"'."}}'
        exit 1
        """

    @Test(arguments: ["UTC", ":Asia/Tokyo", "JST-9", ":America/New_York"])
    func `of a limit's end is read as the agent wrote it`(zone: String) throws {
        try withRun { run in
            let path = run.root + "/agent"
            try put(Self.agent, path)
            #expect(chmod(path, 0o755) == 0)
            try put(
                "version: 1\nrun: {agent: {command: [\(path)]}, admission: \(QuireRun.unbounded)}\ntasks: [{name: t, prompt: p}]\n",
                run.root + "/m.yaml"
            )
            let outcome = try run.quire(
                ["run", "m.yaml", "--progress", "plain"],
                environment: ["TZ": zone, "LC_ALL": "C"],
                watching: signal(SIGINT, at: "usage limit for")
            )
            let waits = outcome.output.matches(of: /usage limit for (\d+)m/).map(\.1)
            #expect(
                waits.first.flatMap { Int($0) }.map { (19...21).contains($0) } == true,
                "\(outcome.output)"
            )
        }
    }
}

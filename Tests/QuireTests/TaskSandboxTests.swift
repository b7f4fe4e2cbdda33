import Foundation
import TestSupport
import Testing

@Suite struct `The sandbox of a task` {
    @Test func `is the manifest's in every session, resumed and repeated ones too`() throws {
        try withRun { run in
            let agent = try run.writeAgent(
                "printf '%s\\n' \"$*\" >> arguments-$QUIRE_TASK"
            )
            try run.direct("* 2 fail=stream-cut")
            try put(
                """
                version: 1
                run: {agent: \(agent), admission: \(QuireRun.unbounded)}
                defaults: {retries: {limit: 2, delay: 10ms}}
                tasks:
                  - {name: usual, prompt: "sim: entries=2"}
                  - {name: says, prompt: "sim: entries=2", sandbox: workspace-write}
                  - {name: free, prompt: "sim: entries=2", sandbox: danger-full-access}

                """,
                run.root + "/m.yaml"
            )
            let outcome = try run.quire(["run", "m.yaml"])
            #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
            for (task, sandbox) in [
                ("usual", "workspace-write"), ("says", "workspace-write"),
                ("free", "danger-full-access"),
            ] {
                let calls = text(run.root + "/arguments-\(task)").split(separator: "\n")
                #expect(calls.count == 4 && calls.contains { $0.contains(" resume ") }, "\(calls)")
                for call in calls {
                    #expect(call.contains("approval_policy=\"never\""), "\(call)")
                    let modes = call.matches(of: /sandbox_mode="([a-z-]+)"/).map { String($0.1) }
                    #expect(modes == [sandbox], "\(call)")
                    #expect(!call.contains("bypass") && !call.contains("--yolo"), "\(call)")
                }
            }
        }
    }
}

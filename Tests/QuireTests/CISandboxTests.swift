import Foundation
import TestSupport
import Testing

/// The recipes of `config/ci` and `config/container` on machines that deny namespaces to users, as Ubuntu
/// 24.04 and Docker's default profile do.
@Suite struct `Without user namespaces` {
    /// A stand-in for Codex whose sandbox makes a namespace, as the real one does.
    private static let codex = CodexOfOnesOwn.program(
        CodexOfOnesOwn.Answers(
            sandbox: "unshare --user true 2> /dev/null || { \(CodexOfOnesOwn.denied); }"
        ),
        in: "$PWD"
    )

    private static let denied = [
        "/usr/bin/env", "python3",
        URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../EndToEndTests/without_namespaces.py").path,
    ]

    /// Runs a recipe's step on a machine without namespaces, with these defaults in the manifest.
    private func outcome(
        of command: String,
        _ workflow: Workflow,
        defaults: String,
        _ environment: [String: String]
    ) throws -> Outcome {
        try withWorkspace { root in
            let machines = try Machines(
                root,
                workflow,
                tasks: [("t", "entries=1")],
                defaults: defaults,
                agent: "{command: [./codex]}",
                files: [
                    "codex": "#!/bin/sh\n" + Self.codex.replacing("'$PWD/calls'", with: "calls")
                ]
            )
            try machines.clone("m")
            let outcome = try machines.run(command, on: "m", environment, behind: Self.denied)
            let calls = text(root + "/m/calls").split(separator: "\n")
            let sessions = calls.count { $0.hasPrefix("exec ") && $0 != "exec --help" }
            #expect((sessions > 0) == (outcome.status == 0), "\(calls)")
            return outcome
        }
    }

    private func check(
        _ command: String,
        _ workflow: Workflow,
        _ environment: [String: String]
    ) throws {
        let refused = try outcome(of: command, workflow, defaults: "{}", environment)
        #expect(refused.status == 69, "\(refused.output)\(refused.error)")
        for words in [
            "Codex's sandbox (workspace-write) can't start", "sandbox: danger-full-access",
        ] {
            #expect(refused.error.contains(words), "\(refused.error)")
        }
        let open = "{sandbox: danger-full-access}"
        let passed = try outcome(of: command, workflow, defaults: open, environment)
        #expect(passed.status == 0, "\(passed.output)\(passed.error)")
    }

    @Test
    func
        `GitHub's step ends with 69 and the remedies, and passes where the machine is the sandbox`()
        throws
    {
        let workflow = try Workflow("github.yml")
        try check(
            try workflow.command("Run the shard", of: "shard"),
            workflow,
            ["SHARD": "1/1", "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "/dev/null"]
        )
        // The step before it is the first of these remedies.
        let step = try workflow.command("Let Codex's sandbox start", of: "shard")
        #expect(step.contains("sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"))
    }

    @Test
    func
        `GitLab's step ends with 69 and the remedies, and passes where the machine is the sandbox`()
        throws
    {
        let workflow = try Workflow("gitlab.yml")
        try check(
            try workflow.words("script", of: "shard").joined(separator: "\n"),
            workflow,
            ["CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "1"]
        )
    }

    /// Files for machines that may deny namespaces, each of which must name its remedies.
    @Test(arguments: [
        "config/ci/README.md", "config/ci/github.yml", "config/ci/gitlab.yml",
        "config/container/README.md", "config/container/Containerfile", "README.md",
        "Sources/quire/Manual/codex.md", "Sources/quire/Manual/ci.md",
    ])
    func `a file says what the sandbox needs`(path: String) throws {
        let text = try String(
            contentsOf: URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../\(path)"),
            encoding: .utf8
        )
        #expect(text.contains("user namespaces"))
        #expect(text.contains("danger-full-access"))
    }
}

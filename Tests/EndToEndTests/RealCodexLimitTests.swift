import Foundation
import TestSupport
import Testing

/// A fact of a run, as `--events` told it.
private struct Fact: Decodable {
    struct Failure: Decodable {
        var kind: String
    }

    var event: String
    var gate: String?
    var account: String?
    var isProbe: Bool?
    var isMeasured: Bool?
    var failure: Failure?
}

/// The seconds of a window; 60 is that of a real evening (`QUIRE_EVENING`).
private let seconds =
    ProcessInfo.processInfo.environment["QUIRE_EVENING"].flatMap { Int($0) } ?? 12

/// A way in which a run learns of its account's limits.
private enum Way: CaseIterable {
    case words, numbers, accounts
}

@Suite(.disabled(if: hindrance != nil, hindrance), .serialized)
struct `Accounts of the real Codex CLI that run out of usage` {
    @Test(arguments: Way.allCases)
    fileprivate func `all complete, and numbers keep sessions from being refused`(way: Way) throws {
        try withWorkspace { root in
            // Of 80 requests a window serves 33; what runs at once makes at most 16.
            let window = "3,\(seconds)" + (way == .words ? "" : ",numbers")
            let stage = try Stage(root, window: window)
            defer { stage.end() }
            var accounts = ""
            if way == .accounts {
                for name in ["one", "two"] { try stage.addAccount(name) }
                accounts = ", accounts: [one, ./two, ./one/., nowhere]"
            }
            try put(
                """
                version: 1
                run:
                  {name: evening, concurrency: 8, agent: {command: [\(stage.agent)]},
                   limits: {stop_at: 50%}\(accounts)}
                tasks:
                  - name: t-{n}
                    matrix: {n: [1, 2, 3, 4, 5, 6, 7, 8]}
                    prompt: "model: entries=4 and piece {n}"
                """,
                root + "/m.yaml"
            )
            let run = try stage.quire(
                ["run", "m.yaml", "--progress", "plain", "--events", "events"],
                deadline: .seconds(10 * seconds + 1800)
            )
            #expect(run.status == 0, "\(run.output.suffix(3000)) \(run.error)")
            #expect(run.output.contains("8 tasks: 8 complete"))
            let facts: [Fact] = try decodedLines(of: root + "/events")
            let refused = facts.filter { $0.failure?.kind == "usage_limit" }
            let closed = facts.filter { $0.event == "gate_closed" && $0.gate == "usage_limit" }
            let reads = facts.filter { $0.event == "limit_read" }
            switch way {
            case .words:
                #expect(!refused.isEmpty && reads.isEmpty)
                // Each time those that run at once, and a probe.
                #expect(refused.count <= closed.count * 9)
            case .numbers, .accounts:
                #expect(refused.isEmpty && !closed.isEmpty, "\(run.output.suffix(3000))")
                #expect(closed.allSatisfy { $0.isMeasured == true })
                #expect(facts.allSatisfy { $0.isProbe != true })
            }
            guard way == .accounts else { return }
            let used = Set(facts.filter { $0.event == "session_started" }.compactMap(\.account))
            #expect(used == [root + "/one", root + "/two"])
            #expect(run.output.contains("account ./one/. is left out: it is the same directory"))
            #expect(run.output.contains("account nowhere is left out: there is no such directory"))
            let limits = try stage.quire(["limits", "m.yaml"])
            #expect(limits.status == 0 && limits.output.contains(root + "/two"), "\(limits.output)")
        }
    }
}

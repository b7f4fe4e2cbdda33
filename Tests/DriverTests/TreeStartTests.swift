import Orchestration
import Testing
import Trees

@testable import Driver

@Suite struct `A session that waits for its tree` {
    /// Carries a leg out whose task has a tree that is not made until the script says so.
    private func withTree(
        _ result: Result<TaskTree?, TreeTrouble>,
        _ script: @escaping (FakeLeg) throws -> Void
    ) throws -> FakeLeg {
        let leg = try FakeLeg(["a"], timeout: .seconds(3600))
        leg.trees.results["a"] = result
        leg.trees.isSlow = true
        try leg.run {
            leg.begin()
            try script(leg)
        }
        return leg
    }

    @Test func `is not silent, and starts when there is one`() throws {
        let leg = try withTree(.success(nil)) { leg in
            // Twice the idle timeout.
            leg.loop.advance(.seconds(1200))
            #expect(leg.calls() == [])
            leg.trees.finish()
            #expect(leg.calls() == ["start a 1"])
            leg.loop.advance(.seconds(600))
            #expect(leg.calls().first == "terminate a 1")
        }
        #expect(leg.failures == [])
    }

    @Test func `loses no time while its base is checked`() throws {
        let leg = try withTree(.success(nil)) { leg in
            leg.trees.isChecking = true
            // Twice the session timeout.
            leg.loop.advance(.seconds(7200))
            #expect(leg.calls() == [])
            leg.trees.finish()
            #expect(leg.calls() == ["start a 1"])
        }
        #expect(leg.failures == [])
    }

    @Test func `ends what makes it when it has taken too long`() throws {
        let leg = try withTree(.success(nil)) { leg in
            leg.loop.advance(.seconds(3600))
            #expect(leg.calls().first == "terminate tree a 1")
            leg.trees.finish()
            let calls = leg.calls()
            #expect(!calls.contains("start a 1") && calls.contains("abandon tree a 1"), "\(calls)")
        }
        #expect(leg.failures.map(\.kind) == [.treeBusy])
    }

    @Test(arguments: [
        (TreeTrouble.Remedy.time, FailureClass.treeBusy), (.person, .noTree),
        (.setup, .setupFailed),
        (.otherNeeds, .needsConflict),
    ])
    func `fails as the trouble says`(remedy: TreeTrouble.Remedy, kind: FailureClass) throws {
        let leg = try withTree(.failure(TreeTrouble("no", remedy: remedy))) { leg in
            leg.trees.finish()
            _ = leg.calls()
        }
        #expect(leg.failures == [Failure(kind, "no")])
    }
}

import Testing

@testable import Orchestration

@Suite struct `The signature of a check's failure` {
    private func signature(_ output: String) -> String {
        var fact = CheckEnded(task: "a", session: 1, .failed)
        (fact.termination, fact.output) = (.exited(1), output)
        return fact.signature
    }

    @Test(arguments: [
        ("failed in 1.23s", "failed in 0.9s"), ("took 12 ms", "took 7 ms"),
        ("(0.003s)", "(12.5s)"), ("1m30s", "59.1s"),
        (
            "1 failure (0 unexpected) in 0.123 (0.125) seconds",
            "1 failure (0 unexpected) in 2.5 (2.625) seconds"
        ),
        ("[12:34:56.789] no", "[01:02:03.4] no"),
        ("at 2026-11-30T19:43:39Z:", "at 2027-01-02T03:04:05Z:"),
        ("2026-11-30 no", "2026-12-01 no"), ("commit 1a2b3c4d5e", "commit 00ff00ff1"),
        ("<Object: 0x7f8a1c00d0e0>", "<Object: 0x55d0c0ffee01>"),
        (
            "id=0b7e9a52-1c1d-4c8e-9f00-aaaaaaaaaaaa",
            "id=deadbeef-0000-4000-8000-000000000000"
        ),
        ("/tmp/tmp.aXb3Q is not empty", "/tmp/tmp.9zzTk is not empty"),
        ("\"/tmp/run.1/x/a.swift:3: error", "\"/tmp/run.22/y/a.swift:3: error"),
        ("a  b\n", "a b"),
    ])
    func `leaves out what differs each time`(one: String, other: String) {
        #expect(signature(one) == signature(other))
    }

    @Test(arguments: [
        ("30 tests failed", "20 tests failed"), ("Executed 10 tests", "Executed 9 tests"),
        ("Sources/a.swift:3: error", "Sources/b.swift:3: error"),
        ("Sources/a.swift:3: error", "Sources/a.swift:4: error"),
        ("a/b.py failed", "a/c.py failed"), ("./x.sh", "./y.sh"),
        ("/home/me/a.c: no", "/home/me/b.c: no"), ("/tmp/q/a.c:1", "/tmp/q/b.c:1"),
        ("1/4", "2/4"), ("uint32 overflow", "uint64 overflow"), ("expected 0.5", "expected 0.6"),
        ("5 passed, 12 s", "6 passed, 12 s"), ("v1.2.3", "v1.2.4"),
        ("testA took 1 s", "testB took 1 s"), ("12:34  error", "13:34  error"),
    ])
    func `keeps counts and places`(one: String, other: String) {
        #expect(signature(one) != signature(other))
    }
}

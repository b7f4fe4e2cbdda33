import Foundation
import TestSupport
import Testing

@Suite struct `The version` {
    @Test func `names the release, the build and the parts`() throws {
        try withRun { run in
            let outcome = try run.quire(["--version"])
            let lines = outcome.output.split(separator: "\n").map(String.init)
            #expect(outcome.status == 0)
            try #require(lines.count == 5, "\(lines)")
            let isRelease = ProcessInfo.processInfo.environment["QUIRE_RELEASE"] != nil
            let build = isRelease ? "commit [0-9a-f]{12}.*" : "development"
            let first = try Regex("quire \\d+\\.\\d+\\.\\d+ \\(\(build)\\)")
            #expect(try first.wholeMatch(in: lines[0]) != nil, "\(lines)")
            #expect(try /libuv 1\.\d+\.\d+/.wholeMatch(in: lines[1]) != nil, "\(lines)")
            #expect(try /SQLite 3\.\d+\.\d+/.wholeMatch(in: lines[2]) != nil, "\(lines)")
            #expect(try /Swift \d+\.\d+/.wholeMatch(in: lines[3]) != nil, "\(lines)")
            #expect(lines[4].contains("Linux "), "\(lines)")
        }
    }
}

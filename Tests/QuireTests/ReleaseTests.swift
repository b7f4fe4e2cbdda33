import Foundation
import TestSupport
import Testing
import Yams

private let top = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../..").standardizedFileURL.path

/// The instructions of `config/container/Containerfile`, stage by stage.
private func stages() -> [[String]] {
    text(top + "/config/container/Containerfile").components(separatedBy: "\nFROM ").dropFirst()
        .map { $0.components(separatedBy: "\n").filter { !$0.hasPrefix("#") && !$0.isEmpty } }
}

/// The commands of a stage.
private func commands(_ stage: [String]) -> [String] {
    stage.filter { $0.hasPrefix("RUN ") }.map { String($0.dropFirst("RUN ".count)) }
}

/// The packages that a command installs with apt-get.
private func packages(_ command: String) -> Set<String> {
    guard let words = command.components(separatedBy: "apt-get install ").dropFirst().first
    else { return [] }
    let list = words.components(separatedBy: " &&")[0].split(separator: " ").map(String.init)
    return Set(list.filter { !$0.hasPrefix("-") })
}

/// What `Tests/chroot` came to, or why it can't be run here.
///
/// The parts that take long come before the tests, not beside them.
private let proof: (outcome: Outcome?, obstacle: String?) = {
    guard let file = ProcessInfo.processInfo.environment["QUIRE_RELEASE"] else {
        return (nil, "QUIRE_RELEASE names no file that config/release made")
    }
    guard getuid() == 0 else { return (nil, "only root can make a system with debootstrap") }
    guard (try? shell("command -v debootstrap", in: "/"))?.status == 0 else {
        return (nil, "debootstrap is not installed")
    }
    var program = Program(top + "/Tests/chroot", [file], in: top)
    program.deadline = .seconds(900)
    guard let outcome = try? program.run() else { return (nil, "Tests/chroot can't be run") }
    if outcome.status == 75 { return (nil, "debootstrap failed: \(outcome.error.suffix(500))") }
    return (outcome, nil)
}()

@Suite struct `The release` {
    @Test(.enabled(if: proof.obstacle == nil, Comment(rawValue: proof.obstacle ?? "")))
    func `is one file that runs on a bare Debian`() throws {
        let outcome = try #require(proof.outcome)
        #expect(outcome.status == 0, "\(outcome.output) \(outcome.error)")
        #expect(outcome.output.contains("== it runs on "))
    }

    @Test func `is built and installed in the container as it is proven`() throws {
        let stages = stages()
        try #require(stages.count == 2)
        let (build, last) = (commands(stages[0]), commands(stages[1]))
        // What Tests/chroot runs is the first command of the last stage.
        #expect(packages(try #require(last.first)) == ["libuv1", "libsqlite3-0"])
        #expect(build.last == "config/release /usr/local/bin/quire")
        #expect(
            stages[1].contains("COPY --from=build /usr/local/bin/quire /usr/local/bin/quire")
        )
        let workflow = try #require(
            try Yams.load(yaml: text(top + "/config/ci/github.yml")) as? [String: Any]
        )
        let jobs = try #require(workflow["jobs"] as? [String: [String: Any]])
        let steps = try #require(jobs["build"]?["steps"] as? [[String: Any]])
        let runs = steps.compactMap { $0["run"] as? String }
        #expect(packages(try #require(runs.first)) == packages(try #require(build.first)))
        #expect(runs.last == "config/release")
        let upload = steps.last?["with"] as? [String: Any]
        #expect(upload?["path"] as? String == ".build/quire")
    }
}

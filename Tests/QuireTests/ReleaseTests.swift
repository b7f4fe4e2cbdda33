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

/// The project's `config/release` in a checkout of its own, where programs that build nothing stand
/// for the compiler.
private struct Checkout {
    let root: String

    init(_ root: String) throws {
        self.root = root
        try put("// A package.", root + "/Package.swift")
        try put("// A source.", root + "/Sources/main.swift")
        try put(".build/\n", root + "/.gitignore")
        try put(
            "#!/bin/sh\nprintf '#!/bin/sh\\necho \"%s\"\\n' \"$QUIRE_BUILD\" > .build/made\n",
            root + "/.build/bin/swift"
        )
        try put(
            "#!/bin/sh\nchmod +x .build/made && mv .build/made \"$2\"\n",
            root + "/.build/bin/strip"
        )
        try run("mkdir config && cp '\(top)/config/release' config/ && chmod +x .build/bin/*")
        try run("rm -rf .git")
    }

    /// Runs a command line, which must succeed, and returns what it said.
    @discardableResult
    func run(_ command: String) throws -> String {
        let outcome = try shell(command, in: root)
        #expect(outcome.status == 0, "\(command): \(outcome.output) \(outcome.error)")
        return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Commits everything, and returns the commit, shortened.
    func commit() throws -> String {
        try run(
            """
            git add . && git -c user.name=T -c user.email=t@t commit -q --allow-empty -m work \
            && git rev-parse --short=12 HEAD
            """
        )
    }

    /// The build that a release names.
    func build(_ environment: String = "") throws -> String {
        try run("PATH=$PWD/.build/bin:$PATH \(environment) config/release")
    }
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
    program.inheritsEnvironment = true
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

    @Test(
        .enabled(
            if: ProcessInfo.processInfo.environment["QUIRE_RELEASE"] != nil,
            "QUIRE_RELEASE names no file that config/release made"
        )
    )
    func `names the commit that it was built from`() throws {
        let file = try #require(ProcessInfo.processInfo.environment["QUIRE_RELEASE"])
        let program = URL(filePath: file, relativeTo: URL(filePath: top + "/")).path
        let told = try Program(program, ["--version"], in: top).run()
        let git = try shell("git -c safe.directory='*' rev-parse --short=12 HEAD", in: top)
        let commit = git.output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(git.status == 0 && !commit.isEmpty, "\(git)")
        #expect(told.output.split(separator: "\n").first?.contains("(commit \(commit)") == true)
    }

    @Test func `names the commit of a checkout, and whether it was changed`() throws {
        try withWorkspace { root in
            let checkout = try Checkout(root)
            let unknown = "commit unknown: not built in a git checkout"
            #expect(try checkout.build() == unknown)
            try checkout.run("git init -q")
            #expect(try checkout.build() == unknown)
            let first = try checkout.commit()
            #expect(try checkout.build() == "commit \(first)")
            #expect(try checkout.build("GIT_DIR=/nowhere") == "commit \(first)")
            try put("Read me.", root + "/README.md")
            #expect(try checkout.build() == "commit \(first)")
            try put("let unknown = 1", root + "/Sources/more.swift")
            #expect(try checkout.build() == "commit \(first) with uncommitted changes")
            let second = try checkout.commit()
            #expect(try checkout.build() == "commit \(second)" && first != second)
        }
    }

    @Test func `does not take the commit of a repository around it`() throws {
        try withWorkspace { root in
            let checkout = try Checkout(root + "/inner")
            try checkout.run("cd .. && git init -q")
            _ = try checkout.commit()
            #expect(try checkout.build() == "commit unknown: not built in a git checkout")
        }
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

import Driver
import EventLoop
import FileAccess
import Foundation
import TestSupport
import Testing

@testable import Trees

/// True where file systems can be mounted, which takes a privilege.
private let canMount: Bool = {
    let isMounted = try? withWorkspace { directory in
        let mount = ["-c", "mount -t tmpfs -o size=64k tmpfs . && umount -l ."]
        return try Program("/bin/sh", mount, in: directory).run().status == 0
    }
    return isMounted ?? false
}()

@Suite struct `A disk that refuses a commit half-way` {
    private let request = CheckpointRequest(subject: "port: 1")

    /// Runs `body` with a tree that holds a large file to commit; `refuse` returns a git that can't.
    private func withLargeFile(
        _ refuse: (GitFixture) throws -> Git,
        _ expect: (TreeTrouble) -> Void,
        relieve: (GitFixture) throws -> Void = { _ in }
    ) throws {
        try GitFixture.with { fixture in
            let trees = try fixture.trees()
            let tree = try trees.tree(for: fixture.request("port"))
            // What can be compressed would fit.
            var random = SystemRandomNumberGenerator()
            let bytes = Data((0..<200_000).map { _ in UInt8.random(in: 0...255, using: &random) })
            try bytes.write(to: URL(filePath: tree.directory + "/large.bin"))
            try fixture.write("small\n", "a.txt", in: tree.directory)
            let git = try refuse(fixture)
            let trouble = TreeTrouble.of {
                _ = try fixture.trees(git).checkpoint("port", request)
            }
            expect(try #require(trouble))
            #expect(try fixture.run("rev-parse", "quire/run/port") == tree.record.base)
            #expect(FileManager.default.contents(atPath: tree.directory + "/large.bin") == bytes)
            try relieve(fixture)
            let commit = try #require(try trees.checkpoint("port", request).commit)
            #expect(try fixture.run("diff", "--stat", commit, "--", "large.bin").contains("Bin"))
            #expect(try fixture.run(in: tree.directory, "status", "--porcelain") == "")
            try fixture.run("fsck", "--strict", "--no-dangling")
        }
    }

    @Test(.enabled(if: canMount, "needs the right to mount file systems"))
    func `is waited for, and the commit is made once it has room`() throws {
        var objects = ""
        defer { umount2(objects, Int32(MNT_DETACH)) }
        func shell(_ command: String, _ fixture: GitFixture) throws {
            let directory = fixture.root + "/.git"
            let outcome = try Program("/bin/sh", ["-c", command], in: directory).run()
            try #require(outcome.status == 0, "\(outcome.error)")
        }
        try withLargeFile(
            { fixture in
                objects = fixture.root + "/.git/objects"
                try shell(
                    """
                    mv objects old && mkdir objects && mount -t tmpfs -o size=64k tmpfs objects &&
                    mkdir objects/info objects/pack && echo "$PWD/old" > objects/info/alternates
                    """,
                    fixture
                )
                return fixture.git
            },
            { trouble in
                #expect(trouble.remedy == .time, "\(trouble)")
                #expect(trouble.description.contains("free some space"), "\(trouble)")
            },
            relieve: {
                try shell(
                    "mkdir more && cp -a objects/. more && umount objects && rmdir objects && mv more objects",
                    $0
                )
            }
        )
    }

    /// With the signal ignored git meets an error; otherwise it is killed, and leaves its locks.
    @Test(arguments: ["trap '' XFSZ\n", ""])
    func `by a limit on the size of files costs nothing`(trap: String) throws {
        try withLargeFile(
            { try $0.git(script: trap + "ulimit -f 64\nexec \"$git\" \"$@\"") },
            { trouble in
                #expect(trouble.description.contains("committing the work"), "\(trouble)")
            }
        )
    }
}

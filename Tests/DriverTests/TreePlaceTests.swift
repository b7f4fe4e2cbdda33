import Autonomous
import FileAccess
import Foundation
import Testing

@testable import Driver

@Suite struct `The place of trees` {
    /// Runs `body` with a workspace that has a link `trees` out of it, to a directory `away` beside it,
    /// and a directory `real`.
    private func withWorkspace(_ body: (_ root: String) throws -> Void) throws {
        let root = NSTemporaryDirectory().resolved(in: "/") + "/quire-place-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: root) }
        for name in ["ws/real", "away/in"] {
            try FileManager.default.createDirectory(
                atPath: root + "/" + name,
                withIntermediateDirectories: true
            )
        }
        try FileManager.default.createSymbolicLink(
            atPath: root + "/ws/trees",
            withDestinationPath: root + "/away/in"
        )
        try body(root)
    }

    private func place(_ name: String, in root: String) -> TreePlace {
        TreePlace(name, in: Workspace(root: root + "/ws"), home: root + "/ws")
    }

    @Test(arguments: ["trees", "trees/x", "./trees//x/y", "real/../trees/x"])
    func `is in the workspace by no link, wherever that stands in the path`(name: String) throws {
        try withWorkspace { root in
            let error = #expect(throws: FileError.self) { try place(name, in: root).open() }
            let words = error?.description ?? ""
            #expect(words.contains("\"\(root)/ws/trees\" is a link"), "\(words)")
            let outside = try Directory(following: root + "/away/in").names()
            #expect(outside == [])
        }
    }

    /// Names, `ROOT` for the directory around the workspace, and the places that they lead to.
    @Test(arguments: [
        ("real/x/y", "ws/real/x/y"), ("new", "ws/new"), ("trees/../new", "ws/new"),
        ("../beside", "beside"), ("~/home", "ws/home"), ("~/trees/x", "away/in/x"),
        ("ROOT/ws/trees/x", "away/in/x"), ("ROOT/other", "other"),
    ])
    func `is made where a person named it`(name: String, expected: String) throws {
        try withWorkspace { root in
            let named = name.replacing("ROOT", with: root)
            let made = try place(named, in: root).open()
            #expect(made.identity == FileIdentity("\(root)/\(expected)"))
            let names = try made.names()
            #expect(names == [".gitignore"])
        }
    }
}

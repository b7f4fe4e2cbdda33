import EventLoop
import FileAccess
import Foundation
import Glibc
import Orchestration
import TestSupport
import Testing

@testable import Driver

/// Makes the socket of a run in a directory, and returns what it made, or the reason why not.
private func make(_ directory: String, runtime: String? = nil) throws -> ControlPlace.Made {
    try ControlPlace.make("run", in: directory, runtimeDirectory: runtime)
}

private func words(_ body: () throws -> ControlPlace.Made) -> String {
    do {
        let made = try body()
        close(made.descriptor)
        made.remove()
        return "made"
    } catch {
        return "\(error)"
    }
}

@Suite struct `The control socket's place` {
    private static let name = ControlPlace.socket(of: "run")

    @Test func `it is removed with its run, unless it has become another's`() throws {
        try withWorkspace { directory in
            let first = try make(directory)
            #expect(FileKind("\(directory)/\(Self.name)") == .socket)
            close(first.descriptor)
            first.remove()
            #expect(FileKind("\(directory)/\(Self.name)") == .nothing)
            let second = try make(directory)
            unlink("\(directory)/\(Self.name)")
            try put("mine", "\(directory)/\(Self.name)")
            close(second.descriptor)
            second.remove()
            #expect(text("\(directory)/\(Self.name)") == "mine")
        }
    }

    @Test func `what a killed run left is replaced, and a living one is not`() throws {
        try withWorkspace { directory in
            let killed = try make(directory)
            close(killed.descriptor)
            #expect(FileKind("\(directory)/\(Self.name)") == .socket)
            let living = try make(directory)
            #expect(words { try make(directory) }.contains("another process listens"))
            close(living.descriptor)
            living.remove()
        }
    }

    @Test(arguments: ["file", "link", "directory", "pipe"])
    func `what is no socket is left alone`(kind: String) throws {
        try withWorkspace { directory in
            let path = "\(directory)/\(Self.name)"
            switch kind {
            case "file": try put("mine", path)
            case "link": symlink("\(directory)/nowhere", path)
            case "directory": mkdir(path, 0o700)
            default: mkfifo(path, 0o600)
            }
            let before = FileKind(path)
            #expect(words { try make(directory) }.contains("not a socket, and is left as it is"))
            #expect(FileKind(path) == before)
            #expect(FileKind("\(directory)/nowhere") == .nothing)
        }
    }

    @Test func `a long path is no hindrance`() throws {
        try withWorkspace { directory in
            let long = directory + "/" + String(repeating: "x", count: 120)
            mkdir(long, 0o700)
            let made = try make(long)
            let found = try Directory(following: long)
            let address = try #require(ControlPlace.find("run", in: found))
            _ = try withExtendedLifetime(found) { try LocalClient(path: address) }
            close(made.descriptor)
            made.remove()
        }
    }

    @Test(.enabled(if: geteuid() != 0, "root may write anywhere"))
    func `where none can be made, the state names one in the user's own directory`() throws {
        try withWorkspace { directory in
            let state = try Directory(following: directory)
            try put("/tmp/quire-elsewhere/x.sock", "\(directory)/\(ControlPlace.note(of: "run"))")
            #expect(ControlPlace.find("run", in: state) == "/tmp/quire-elsewhere/x.sock")
        }
    }

    @Test func `the user's own directory belongs to the user alone`() throws {
        try withWorkspace { directory in
            let own = try #require(ControlPlace.runtimeDirectory(directory))
            #expect(own.path == "\(directory)/quire")
            #expect(own.status(of: ".").map { $0.st_mode & 0o777 } == 0o700)
        }
    }

    @Test func `a client without a run is told so`() throws {
        try withWorkspace { directory in
            let error = #expect(throws: ControlTrouble.self) {
                _ = try ControlClient(run: "run", in: directory, client: "test")
            }
            #expect(error == .nobody)
            let killed = try make(directory)
            close(killed.descriptor)
            let stale = #expect(throws: ControlTrouble.self) {
                _ = try ControlClient(run: "run", in: directory, client: "test")
            }
            #expect(stale == .nobody)
        }
    }
}

import FileAccess
import Foundation
import Reporting
import Testing

@testable import Application
@testable import Autonomous
@testable import RunStore

@Suite struct `A damaged store` {
    private func withDirectory(_ body: (String, Directory) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory
            .appending(path: "damaged-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path, try Directory(following: path))
    }

    private func put(_ text: String, _ path: String) throws {
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }

    private let damage = StoreError("quire.db is damaged")

    @Test func `is put aside with its files, under a name that is free`() throws {
        try withDirectory { path, directory in
            let lock = try OwnerLock("run.lock", in: directory, work: "m")
            for name in ["quire.db", "quire.db-wal", "quire.db.damaged"] {
                try put(name, path + "/" + name)
            }
            let aside = try DamagedStore.moveAside(in: directory, own: lock.mark, damage)
            #expect(aside == path + "/quire.db.damaged-2")
            #expect(try String(contentsOfFile: aside, encoding: .utf8) == "quire.db")
            #expect(try String(contentsOfFile: aside + "-wal", encoding: .utf8) == "quire.db-wal")
            #expect(!FileManager.default.fileExists(atPath: path + "/quire.db"))
            #expect(
                try String(contentsOfFile: path + "/quire.db.damaged", encoding: .utf8)
                    == "quire.db.damaged"
            )
            _ = consume lock
        }
    }

    @Test func `stays where it is while somebody else uses it`() throws {
        try withDirectory { path, directory in
            let lock = try OwnerLock("run.lock", in: directory, work: "m")
            let other = try OwnerLock("task-1.lock", in: directory, work: "t")
            try put("quire.db", path + "/quire.db")
            let trouble = #expect(throws: Trouble.self) {
                try DamagedStore.moveAside(in: directory, own: lock.mark, damage)
            }
            #expect(trouble?.status == ExitStatus.missing)
            #expect(
                trouble?.message.description.contains("still uses it; end it first: kill ") == true
            )
            #expect(FileManager.default.fileExists(atPath: path + "/quire.db"))
            _ = consume lock
            _ = consume other
        }
    }
}

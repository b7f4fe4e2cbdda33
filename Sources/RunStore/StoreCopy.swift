import FileAccess
import GRDB
import Glibc

/// A copy in memory of the database of a state directory in which nothing can be written.
///
/// To read a database with a write-ahead log, SQLite writes beside it. Its `immutable=1` avoids that,
/// but leaves out the contents of the log, and is for files that nobody changes: a directory that
/// is read-only here may be written elsewhere. So the files are copied to a private temporary
/// directory, read there, and removed before `load` returns.
struct StoreCopy {
    private let place: StorePlace
    private static let attempts = 5

    /// Copies a database into memory.
    static func load(_ place: StorePlace) throws -> DatabaseQueue {
        try StoreCopy(place: place).load()
    }

    private func load() throws -> DatabaseQueue {
        let directory = try temporaryDirectory()
        defer {
            for name in names { directory.remove(name) }
            directory.remove(StorePlace.name + "-shm")
            rmdir(directory.path)
        }
        try copyUnchanged(to: directory)
        let file = try DatabaseQueue(path: directory.path(of: StorePlace.name))
        return try ClosedQueues.closing(after: file, inMemory)
    }

    private func inMemory(_ queue: DatabaseQueue) throws -> DatabaseQueue {
        try queue.read { try StoreOwnership.check($0, path: place.path) }
        if try !queue.read(Schema.migrator.hasBeenSuperseded) {
            try Schema.migrator.migrate(queue)
            try queue.write { try Projection.catchUp(in: $0) }
        }
        // A database in memory can have no write-ahead log.
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
        return try ClosedQueues.closing(unlessReturned: try DatabaseQueue()) { memory in
            try queue.backup(to: memory)
            return memory
        }
    }

    private var names: [String] { ["", "-wal", "-journal"].map { StorePlace.name + $0 } }

    private func temporaryDirectory() throws -> Directory {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent.isEmpty ? "/tmp" : parent)/quire-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw FileError("making a directory in", parent, errno: errno)
        }
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        return try Directory(following: path)
    }

    /// Copies the files as they are at one moment; copies them again if somebody wrote meanwhile.
    private func copyUnchanged(to directory: Directory) throws {
        for attempt in 1...Self.attempts {
            let before = fingerprints
            for name in names {
                directory.remove(name)
                try copy(name, to: directory)
            }
            if fingerprints == before { return }
            if attempt < Self.attempts { usleep(100_000) }
        }
        throw StoreError(
            "the run database \"\(place.path)\" is being written all the time, and can't be read from "
                + "where nothing can be written; try again"
        )
    }

    /// The sizes and modification times of the files, to find out that somebody wrote to them.
    private var fingerprints: [[Int64]] {
        names.map { name in
            guard let status = place.directory.status(of: name) else { return [] }
            return [
                Int64(status.st_size), Int64(status.st_mtim.tv_sec),
                Int64(status.st_mtim.tv_nsec),
            ]
        }
    }

    private func copy(_ name: String, to directory: Directory) throws {
        let source = try place.directory.open(name, O_RDONLY, writes: false)
        guard source >= 0 else { return }
        defer { close(source) }
        let target = try directory.openForAppending(name)
        defer { close(target) }
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(source, &piece, piece.count)
            guard count != 0 else { return }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw place.directory.failure("reading", name)
            }
            var rest = piece[..<count]
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes { write(target, $0.baseAddress, $0.count) }
                guard written >= 0 else {
                    if errno == EINTR { continue }
                    throw directory.failure("copying the run database to", name)
                }
                rest = rest.dropFirst(written)
            }
        }
    }
}

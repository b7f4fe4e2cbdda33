import Codec
import Dispatch
import Foundation
import GRDB
import Orchestration
import Synchronization

/// The states of runs as of some row of the journal, so that a recovery folds only later rows.
///
/// The journal remains the truth: a snapshot that can't be read is as good as none.
enum Snapshots {
    /// The bytes of a snapshot's head, or of one of its parts.
    struct Part: Hashable, Sendable {
        var bytes: [UInt8]
        /// The fingerprint of the bytes, to find damage.
        var fingerprint: String

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            fingerprint = Fingerprint(bytes: bytes).text
        }

        fileprivate init(_ value: some Encodable) throws {
            self.init(try CompactEncoder.encode(value))
        }
    }

    /// The format's number, to be raised when the meaning of the fold changes.
    ///
    /// A change of the fields needs no other number: decoding finds it.
    private static let format = 6

    /// Makes the parts of a state's snapshot.
    static func encode(_ state: RunState) throws -> [Part] {
        let snapshot = RunSnapshot(of: state)
        return try [Part(snapshot.head)] + snapshot.parts.map { try Part($0) }
    }

    /// Returns the state with these parts; `nil` where they can't be decoded.
    static func decode(_ parts: [Part]) -> RunState? {
        let decoded = Mutex<[Int: RunSnapshot.Part]>([:])
        let head = Mutex<RunSnapshot.Head?>(nil)
        DispatchQueue.concurrentPerform(iterations: parts.count) { number in
            if number == 0 {
                let value = try? parts[0].value(RunSnapshot.Head.self)
                head.withLock { $0 = value }
            } else {
                let value = try? parts[number].value(RunSnapshot.Part.self)
                decoded.withLock { $0[number] = value }
            }
        }
        guard let head = head.withLock(\.self) else { return nil }
        let rest = decoded.withLock { decoded in (1..<parts.count).compactMap { decoded[$0] } }
        return RunState(RunSnapshot(head: head, parts: rest))
    }

    /// Replaces the snapshot of a run by one as of a journal row; returns the new size in bytes.
    static func write(
        _ parts: [Part],
        of run: String,
        asOf sequence: Int64,
        to database: Database
    ) throws -> Int {
        try database.execute(sql: "DELETE FROM snapshot WHERE run = ?", arguments: [run])
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO snapshot (run, part, sequence, format, fingerprint, bytes)
                VALUES (?, ?, ?, ?, ?, ?)
                """
        )
        for (number, part) in parts.enumerated() {
            try insert.execute(arguments: [
                run, number, sequence, format, part.fingerprint, Data(part.bytes),
            ])
        }
        return parts.reduce(0) { $0 + $1.bytes.count }
    }

    /// Returns the journal row as of which a run's snapshot was made; 0 where there is none.
    static func sequence(of run: String, in database: Database) throws -> Int64 {
        let newest = "SELECT max(sequence) FROM snapshot WHERE run = ? AND format = ?"
        return try Int64.fetchOne(database, sql: newest, arguments: [run, format]) ?? 0
    }

    /// Returns the newest snapshot of a run, the journal row as of which it was made, and its size in
    /// bytes; `nil` where there is none that can be read.
    static func read(
        of run: String,
        in database: Database
    ) throws -> (state: RunState, sequence: Int64, size: Int)? {
        do {
            return try readUndamaged(of: run, in: database)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
            return nil
        }
    }

    private static func readUndamaged(
        of run: String,
        in database: Database
    ) throws -> (state: RunState, sequence: Int64, size: Int)? {
        // An older Quire's store lacks the table, and may be in a directory that can't be written.
        guard try database.tableExists("snapshot") else { return nil }
        let rows = try Row.fetchAll(
            database,
            sql: "SELECT * FROM snapshot WHERE run = ? AND format = ? ORDER BY part",
            arguments: [run, format]
        )
        var parts: [Part] = []
        for row in rows {
            guard let bytes: Data = row["bytes"], let fingerprint: String = row["fingerprint"]
            else { return nil }
            parts.append(Part([UInt8](bytes)))
            guard parts.last?.fingerprint == fingerprint else { return nil }
        }
        guard let sequence: Int64 = rows.first?["sequence"], let state = decode(parts) else {
            return nil
        }
        return (state, sequence, parts.reduce(0) { $0 + $1.bytes.count })
    }
}

extension Snapshots.Part {
    fileprivate func value<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try CompactDecoder.decode(type, from: bytes)
    }
}

/// The rule for when a snapshot is due: a recovery should have little to fold, and most bytes written
/// should be the journal's.
struct SnapshotPace: Sendable {
    /// The length of the facts journalled since the last snapshot, in bytes.
    var journalled = 0
    /// The size of the last snapshot, in bytes.
    private(set) var size: Int
    /// True while a snapshot is being made.
    private var isBusy = false

    /// Makes the pace that follows a snapshot of this size, in bytes.
    init(size: Int = 0) {
        self.size = size
    }

    /// Begins a snapshot if one is due, never for less than `least` bytes; returns true if so.
    mutating func beginIfDue(least: Int) -> Bool {
        guard !isBusy, journalled >= max(least, 2 * size) else { return false }
        isBusy = true
        return true
    }

    /// Ends the making of a snapshot; `size` is `nil` if it failed.
    mutating func end(size: Int? = nil) {
        self.size = size ?? self.size
        isBusy = false
    }
}

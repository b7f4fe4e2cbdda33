import FileAccess
import GRDB
import Glibc
import Orchestration

/// The location of the database in a state directory, and the checks of the files there.
///
/// SQLite opens files by their paths, follows links, and waits for pipes: so it is handed only
/// regular files that belong to this directory alone.
struct StorePlace: Sendable {
    /// The longest path, in bytes: SQLite takes 512, and adds `-journal` (`MAX_PATHNAME` in its
    /// `os_unix.c`); a new database has a longer name until it is whole.
    private static let longestPath =
        512 - "-journal".utf8.count - (newName(pid: .max).utf8.count - name.utf8.count)
    static let name = "quire.db"
    /// The suffixes of the files beside the database.
    static let suffixes = ["-wal", "-shm", "-journal"]

    /// Returns the name of a database while a process makes it.
    static func newName(pid: Int32) -> String { "\(name).\(pid).new" }

    let directory: Directory

    /// Makes the location in an open directory.
    ///
    /// - Throws: `StoreError` where the path is too long for a database.
    init(in directory: Directory) throws(StoreError) {
        self.directory = directory
        guard Self.isShortEnough(directory.path) else {
            throw StoreError(
                "the path of the run database \"\(path)\" is too long: it has "
                    + "\(Format.count(path.utf8.count, "byte")), and a database's may have "
                    + "\(Self.longestPath); name a state directory with a "
                    + "shorter path with --state-dir"
            )
        }
    }

    /// Returns true if SQLite accepts the path of a database in this directory.
    static func isShortEnough(_ directory: String) -> Bool {
        "\(directory)/\(name)".utf8.count <= longestPath
    }

    /// Opens a directory and makes the location in it; `nil` where the directory does not exist.
    init?(inExisting directory: String) throws(StoreError) {
        let found: Directory?
        do throws(FileError) {
            found = try Directory.open(directory, made: false)
        } catch {
            throw StoreError("the state directory \"\(directory)\" can't be used: \(error)")
        }
        guard let found else { return nil }
        try self.init(in: found)
    }

    var path: String { directory.path(of: Self.name) }

    /// Makes sure that the database and the files beside it may be opened; returns the identity of the
    /// database's file, or `nil` where there is none yet.
    func check(writes: Bool) throws(StoreError) -> FileIdentity? {
        // SQLite writes beside a database even if it only reads it.
        for suffix in Self.suffixes { _ = try checked(Self.name + suffix, writes: true) }
        guard let status = try checked(Self.name, writes: writes) else { return nil }
        guard status.st_size > 0 else {
            throw StoreError(
                "\"\(path)\" is an empty file, not a run database, and is left as it is; remove it, or "
                    + "name another state directory with --state-dir"
            )
        }
        return FileIdentity(status)
    }

    private func checked(_ name: String, writes: Bool) throws(StoreError) -> stat? {
        guard let status = directory.status(of: name) else { return nil }
        let path = directory.path(of: name)
        let kind = FileKind(status)
        guard kind == .file else {
            throw StoreError(
                "\"\(path)\" is \(kind.words(at: path)), not a file of the run database, and is left "
                    + "as it is; move it away, or name another state directory with --state-dir"
            )
        }
        guard !writes || status.st_nlink <= 1 else {
            throw StoreError(
                "\"\(path)\" has a second name elsewhere (a hard link), and what is written to it "
                    + "would be written there; move it away, or name another state directory with "
                    + "--state-dir"
            )
        }
        return status
    }

    /// The size of the database's own file, in bytes; 0 where there is none.
    var size: Int { directory.status(of: Self.name).map { Int($0.st_size) } ?? 0 }

    /// Makes sure that nothing was cut off a database that had at least `size` bytes.
    ///
    /// SQLite does not notice a cut, and writes the pages that it has changed into the rest.
    func checkLength(_ size: Int) throws(StoreError) {
        guard self.size < size else { return }
        throw StoreError(
            "the run database \"\(path)\" was emptied or cut short while it was in use: the history of "
                + "its runs may be lost, and the next run goes on from the task directories",
            isDamage: true
        )
    }

    /// Makes sure that the database is still the file that was opened.
    func checkUnchanged(_ identity: FileIdentity?) throws(StoreError) {
        do throws(FileError) {
            try directory.checkPlace()
        } catch {
            throw StoreError("the run database is out of reach: \(error)")
        }
        guard try check(writes: true) == identity else {
            throw StoreError(
                "\"\(path)\" is not the run database any more that was opened: somebody replaced it "
                    + "while it was in use, and what was recorded since is not in it"
            )
        }
    }
}

/// The owner of a database: Quire, another program, or nobody yet.
enum StoreOwnership {
    /// The application id in the header of Quire's databases: `Quir`.
    static let applicationID: Int32 = 0x5175_6972
    /// The tables of databases from before the application id.
    private static let ownTables: Set<String> = [
        "grdb_migrations", "event", "journal", "mark", "projected", "run", "session", "snapshot",
        "standard_error", "task",
    ]

    /// Makes sure that a database is Quire's, or nobody's yet.
    static func check(_ database: Database, path: String) throws {
        let id = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        guard id != applicationID else { return }
        let version = try Int32.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        let tables = try String.fetchAll(
            database,
            sql: "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' "
                + "AND type <> 'index' ORDER BY name"
        )
        let isOlder = tables.contains("grdb_migrations") && ownTables.isSuperset(of: tables)
        guard id != 0 || version != 0 || !(tables.isEmpty || isOlder) else { return }
        let some = tables.prefix(5).joined(separator: ", ") + (tables.count > 5 ? " …" : "")
        throw StoreError(
            "\"\(path)\" is the database of another program (application id \(id)"
                + (tables.isEmpty ? "" : "; tables: \(some)")
                + "), and is left as it is; move it away, or name another state directory with "
                + "--state-dir"
        )
    }

    /// Marks a database as Quire's.
    static func mark(_ database: Database) throws {
        guard try Int32.fetchOne(database, sql: "PRAGMA application_id") != applicationID else {
            return
        }
        try database.execute(sql: "PRAGMA application_id = \(applicationID)")
    }
}

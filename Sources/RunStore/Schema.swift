import GRDB

/// The tables.
///
/// `journal` and `standard_error` are only ever appended to. `run`, `task`, `session` and `mark` are
/// made from the journal up to the row that `projected` names, for views; recovery never reads them.
/// `snapshot` spares a recovery the older part of the journal, and can be done without.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(sql: version1)
        }
        migrator.registerMigration("2") { database in
            try database.execute(sql: version2)
        }
        migrator.registerMigration("3") { database in
            try database.execute(sql: version3)
        }
        migrator.registerMigration("4") { database in
            try database.execute(sql: version4)
        }
        migrator.registerMigration("5") { database in
            try database.execute(sql: version5)
        }
        migrator.registerMigration("6") { database in
            try database.execute(sql: version6)
        }
        migrator.registerMigration("7") { database in
            try database.execute(sql: version7)
        }
        migrator.registerMigration("8") { database in
            try database.execute(sql: version8)
        }
        migrator.registerMigration("9") { database in
            try database.execute(sql: version9)
        }
        migrator.registerMigration("10") { database in
            try database.execute(sql: version10)
        }
        migrator.registerMigration("11") { database in
            try database.execute(sql: version11)
            // Only in the newest migration, for it writes to all columns.
            try Projection.rebuild(in: database)
        }
        return migrator
    }

    /// The models of tasks with a ladder, and the moves between them and what sessions state, both as JSON.
    private static let version11 = """
        ALTER TABLE task ADD COLUMN model TEXT;
        ALTER TABLE session ADD COLUMN model TEXT;
        ALTER TABLE session ADD COLUMN model_move TEXT;
        ALTER TABLE session ADD COLUMN statement TEXT;
        """

    /// The checks of sessions' work: a result is empty while the check runs.
    private static let version10 = """
        ALTER TABLE session ADD COLUMN check_result TEXT;
        ALTER TABLE session ADD COLUMN check_message TEXT;
        """

    /// The work of tasks at their newest checkpoints, words as JSON, and the commits of sessions.
    private static let version9 = """
        ALTER TABLE task ADD COLUMN files_changed INTEGER;
        ALTER TABLE task ADD COLUMN lines_added INTEGER;
        ALTER TABLE task ADD COLUMN lines_removed INTEGER;
        ALTER TABLE task ADD COLUMN uncommitted TEXT;
        ALTER TABLE session ADD COLUMN checkpoint TEXT;
        """

    /// The kinds of the facts of a run that a row of the journal holds, a bit for each: see
    /// `RunEvent.Kind.bit`.
    private static let version8 = "ALTER TABLE mark ADD COLUMN kinds INTEGER NOT NULL DEFAULT 0;"

    /// The stamp of the file of a task's checklist, in which `ticked` and `total` were found.
    private static let version7 = "ALTER TABLE task ADD COLUMN stamp TEXT;"

    /// The Quire of the newest leg; earlier versions recorded none.
    private static let version6 = "ALTER TABLE run ADD COLUMN runner TEXT;"

    /// The columns that views need of a leg's first fact, which holds the whole plan, and the numbers
    /// of the journal's rows with facts of a run, not of a task: views read few rows of a million.
    private static let version5 = """
        CREATE TABLE mark (
            sequence INTEGER PRIMARY KEY,
            run TEXT NOT NULL
        ) STRICT;
        ALTER TABLE run ADD COLUMN workspace TEXT;
        ALTER TABLE run ADD COLUMN prices TEXT;
        ALTER TABLE task ADD COLUMN left_out INTEGER;
        """

    /// The state of a run as of a row of its journal.
    private static let version4 = """
        CREATE TABLE snapshot (
            run TEXT NOT NULL,
            part INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            format INTEGER NOT NULL,
            fingerprint TEXT NOT NULL,
            bytes BLOB NOT NULL,
            PRIMARY KEY (run, part)
        ) STRICT;
        """

    /// Flags for the usage of sessions that did not report it themselves.
    private static let version3 = """
        ALTER TABLE session ADD COLUMN usage_partial INTEGER;
        ALTER TABLE session ADD COLUMN usage_estimated INTEGER;
        """

    /// A row for each batch instead of one for each fact.
    ///
    /// Projections may lag behind, and so hold nothing that is in no fact.
    private static let version2 = """
        CREATE TABLE journal (
            sequence INTEGER PRIMARY KEY,
            run TEXT NOT NULL,
            wall INTEGER NOT NULL,
            awake REAL NOT NULL,
            facts TEXT NOT NULL
        ) STRICT;
        CREATE INDEX journal_by_run ON journal (run, sequence);
        INSERT INTO journal (run, wall, awake, facts)
            SELECT run, wall, awake, '[' || group_concat(payload) || ']'
            FROM (SELECT * FROM event ORDER BY sequence)
            GROUP BY run, batch ORDER BY min(sequence);
        DROP TABLE event;
        CREATE TABLE projected (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            sequence INTEGER NOT NULL
        ) STRICT;
        INSERT INTO projected SELECT 1, coalesce(max(sequence), 0) FROM journal;
        CREATE TABLE standard_error (
            run TEXT NOT NULL,
            task TEXT NOT NULL,
            number INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            head BLOB NOT NULL,
            tail BLOB NOT NULL,
            PRIMARY KEY (run, task, number)
        ) STRICT;
        INSERT INTO standard_error
            SELECT run, task, number, stderr_bytes, stderr_head, stderr_tail FROM session
            WHERE stderr_bytes > 0;
        ALTER TABLE session DROP COLUMN stderr_bytes;
        ALTER TABLE session DROP COLUMN stderr_head;
        ALTER TABLE session DROP COLUMN stderr_tail;
        """

    /// A row for each fact.
    static let version1 = """
        CREATE TABLE event (
            sequence INTEGER PRIMARY KEY,
            run TEXT NOT NULL,
            batch INTEGER NOT NULL,
            wall INTEGER NOT NULL,
            awake REAL NOT NULL,
            kind TEXT NOT NULL,
            payload TEXT NOT NULL
        ) STRICT;
        CREATE INDEX event_by_run ON event (run, sequence);
        CREATE TABLE run (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            legs INTEGER NOT NULL,
            pid INTEGER NOT NULL,
            began INTEGER NOT NULL,
            ended INTEGER,
            ending TEXT,
            concurrency INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE task (
            run TEXT NOT NULL,
            name TEXT NOT NULL,
            place INTEGER NOT NULL,
            outcome TEXT,
            reason TEXT,
            ticked INTEGER,
            total INTEGER,
            sessions INTEGER NOT NULL DEFAULT 0,
            charged INTEGER NOT NULL DEFAULT 0,
            retries INTEGER NOT NULL DEFAULT 0,
            running INTEGER,
            thread TEXT,
            tokens INTEGER NOT NULL DEFAULT 0,
            seconds REAL NOT NULL DEFAULT 0,
            active INTEGER,
            PRIMARY KEY (run, name)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE session (
            run TEXT NOT NULL,
            task TEXT NOT NULL,
            number INTEGER NOT NULL,
            role TEXT NOT NULL,
            slot INTEGER NOT NULL,
            pid INTEGER,
            thread TEXT,
            began INTEGER NOT NULL,
            ended INTEGER,
            seconds REAL,
            verdict TEXT,
            charge TEXT,
            failure TEXT,
            message TEXT,
            ticked_before INTEGER,
            ticked_after INTEGER,
            input_tokens INTEGER,
            cached_input_tokens INTEGER,
            output_tokens INTEGER,
            reasoning_output_tokens INTEGER,
            output_leaked INTEGER NOT NULL DEFAULT 0,
            stderr_bytes INTEGER NOT NULL DEFAULT 0,
            stderr_head BLOB,
            stderr_tail BLOB,
            PRIMARY KEY (run, task, number)
        ) STRICT;
        """
}

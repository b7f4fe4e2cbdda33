import GRDB
import GRDBSQLite

/// The system's SQLite.
package enum SQLite {
    /// The version that is loaded: `3.40.1`.
    package static var version: String {
        // 3040001: https://www.sqlite.org/c3ref/c_source_id.html
        let number = Database.sqliteLibVersionNumber
        return "\(number / 1_000_000).\(number / 1000 % 1000).\(number % 1000)"
    }
}

extension Database {
    /// The number of pages that this connection has written to the log since the last call.
    ///
    /// Source: <https://www.sqlite.org/c3ref/c_dbstatus_options.html>, `SQLITE_DBSTATUS_CACHE_WRITE`.
    func takeWrittenPages() -> Int {
        var (current, highest): (Int32, Int32) = (0, 0)
        let status = sqlite3_db_status(
            sqliteConnection,
            SQLITE_DBSTATUS_CACHE_WRITE,
            &current,
            &highest,
            1
        )
        return status == SQLITE_OK ? Int(current) : 0
    }
}

import GRDB

/// The system's SQLite.
package enum SQLite {
    /// The version that is loaded: `3.40.1`.
    package static var version: String {
        // 3040001: https://www.sqlite.org/c3ref/c_source_id.html
        let number = Database.sqliteLibVersionNumber
        return "\(number / 1_000_000).\(number / 1000 % 1000).\(number % 1000)"
    }
}

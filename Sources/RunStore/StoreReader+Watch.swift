import GRDB
package import Orchestration

// What a live view shows of a run that another process carries out.
extension StoreReader {
    /// Returns the sessions of a run whose ends, or whose checks' ends, are not recorded.
    package func unfinishedSessions(of run: String) throws(StoreError) -> [SessionRecord] {
        try read { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT * FROM session
                    WHERE run = ? AND (ended IS NULL OR check_result = '') ORDER BY rowid
                    """,
                arguments: [run]
            ).map { try SessionRecord($0) }
        }
    }

    /// Returns the number of entries that the sessions of a run's newest leg have ticked.
    package func ticks(of leg: LegRecord) throws(StoreError) -> Int {
        try read { database in
            try Int.fetchOne(
                database,
                sql: """
                    SELECT coalesce(sum(max(0, ticked_after - ticked_before)), 0) FROM session
                    WHERE run = ? AND began >= ?
                    """,
                arguments: [leg.run, leg.began.millisecondsSinceEpoch]
            ) ?? 0
        }
    }
}

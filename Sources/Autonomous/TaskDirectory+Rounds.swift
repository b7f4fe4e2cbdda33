package import FileAccess

// The failures of the check within a session.
extension TaskDirectory {
    private static let roundsName = "rounds"

    /// Returns how often the check has failed within a session; `nil` if nothing readable says so.
    ///
    /// - Throws: `FileError` if the file can't be read.
    package func failedRounds(of session: Int) throws(FileError) -> Int? {
        let rounds = try workspace.directories.state(Self.roundsName)
        let bytes = try rounds?.contents(of: roundsFile, limit: 100) ?? []
        let numbers = String(decoding: bytes, as: UTF8.self).split(separator: " ").map { Int($0) }
        guard numbers.count == 2, numbers[0] == session else { return nil }
        return numbers[1]
    }

    /// Notes how often the check has failed within a session.
    ///
    /// - Throws: `FileError` if that can't be written.
    package func note(failedRounds count: Int, of session: Int) throws(FileError) {
        let rounds = try workspace.directories.makeState(Self.roundsName, isDurable: false)
        try rounds.replace(roundsFile, with: Array("\(session) \(count)".utf8))
    }

    private var roundsFile: String { "\(name).rounds" }
}

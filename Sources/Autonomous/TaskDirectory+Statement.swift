package import FileAccess

// The statements of sessions on their work.
extension TaskDirectory {
    private static let schemasName = "schemas"

    /// Writes the schema of statements, and returns its path; an agent that changes it harms its own statement
    /// alone.
    ///
    /// - Throws: `FileError` if it can't be written.
    package func prepareStatement(_ schema: String) throws(FileError) -> String {
        let schemas = try workspace.directories.makeState(Self.schemasName, isDurable: false)
        try schemas.replace("\(name).json", with: Array(schema.utf8))
        return schemas.path(of: "\(name).json")
    }

    /// Asks a person the question in a session's statement, as the session itself could by its file; returns words on
    /// the trouble, or `nil` if it is asked, or the session left a file of its own.
    package func ask(_ question: String) -> String? {
        do throws(FileError) {
            let directory = try directory()
            guard directory.kind(of: Self.questionName) == .nothing else { return nil }
            try directory.replace(
                Self.questionName,
                with: Array((question + "\n").utf8),
                isDurable: workspace.isDurable
            )
            return nil
        } catch {
            return "its question is not heard: \(error)"
        }
    }
}

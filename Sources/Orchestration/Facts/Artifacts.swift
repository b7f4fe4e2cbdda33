/// The files that were kept of a complete task.
package struct Artifacts: Hashable, Sendable, Codable {
    /// The most files whose names are noted.
    private static let named = 100

    /// The absolute path of the directory that holds the copies.
    package var directory: String
    /// Paths of the first files, relative to that directory.
    package var files: [String]
    /// The number of all.
    package var count: Int

    /// Makes the fact of files, of which the first hundred are named.
    package init(_ files: [String], in directory: String) {
        self.directory = directory
        self.files = Array(files.sorted().prefix(Self.named))
        count = files.count
    }

    /// The files in words that follow the reason of a task's end.
    var words: String {
        let names = files.prefix(3).map { $0.oneLine(80) }.joined(separator: ", ")
        let more = count > 3 ? " and \(count - 3) more" : ""
        return "kept \(names)\(more) in \(directory)"
    }
}

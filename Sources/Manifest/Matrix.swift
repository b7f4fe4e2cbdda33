import FileAccess
import Orchestration
import Yams

/// The values of a task's matrix, and the size of what they are inserted into.
///
/// Sizes are computed before anything is expanded: the product of a few lists and a long prompt is more
/// than a machine holds.
struct Matrix {
    private(set) var keys: [String] = []
    private var values: [String: [String]] = [:]
    /// The keys whose values come in rows, from a file.
    private let columns: [String]
    private let rows: [Template.Values]

    /// Number of combinations; 1 without keys.
    private(set) var count: Int

    /// Makes the matrix of a file's rows; without a file it has one row without values.
    init(columns: [String] = [], rows: [Template.Values] = [[:]]) {
        (self.columns, self.rows, count) = (columns, rows, rows.count)
    }

    /// Adds a key, which must be new, with its values, of which there must be one.
    mutating func add(_ key: String, _ list: [String]) {
        keys.append(key)
        values[key] = list
        count = count.multipliedClamped(by: list.count)
    }

    /// All keys.
    var allKeys: Set<String> { Set(columns + keys) }

    /// Every combination of a row and one value for each key, that of the last key changing first.
    var combinations: [Template.Values] { combine(rows, with: keys) }

    /// Every combination of values for some of the keys.
    func combinations(of some: Set<String>) -> [Template.Values] {
        var seen: Set<Template.Values> = []
        let parts = rows.map { row in row.filter { some.contains($0.key) } }
        return combine(parts.filter { seen.insert($0).inserted }, with: keys.filter(some.contains))
    }

    private func combine(_ rows: [Template.Values], with some: [String]) -> [Template.Values] {
        some.reduce(rows) { result, key in
            result.flatMap { combination in
                (values[key] ?? []).map { combination.merging([key: $0]) { $1 } }
            }
        }
    }

    /// Returns the bytes of a text in all its expansions together; 0 for one without placeholders, which
    /// all tasks share.
    func bytes(of text: Template) -> Int {
        guard text.isVariable else { return 0 }
        let inserted = text.placeholders.map { key in
            let list = values[key] ?? rows.map { $0[key] ?? "" }
            let bytes = list.reduce(0) { $0.addingClamped($1.utf8.count) }
            return bytes.multipliedClamped(by: count / max(1, list.count))
        }
        return inserted.reduce(text.ownBytes.multipliedClamped(by: count)) { $0.addingClamped($1) }
    }
}

// What the texts of tasks come to.
extension TaskExpansion {
    /// Returns the bytes that the texts of a task take that differ between its combinations.
    mutating func bytes(of texts: TaskTexts, _ prompt: Node?, in matrix: Matrix) -> Int {
        let sum = texts.all.reduce(0) { $0.addingClamped(matrix.bytes(of: $1)) }
        guard let file = texts.promptFile else { return sum }
        let keys = matrix.allKeys
        // The tasks that have a file in common differ in the other keys' values.
        let files = matrix.combinations(of: keys.intersection(file.placeholders))
        return files.reduce(sum) { sum, values in
            guard sum <= Self.textLimit,
                let text = promptFile(file.text(values).absolute(in: directory), prompt)
            else { return sum }
            let bytes = matrix.bytes(of: Template(text, keys: keys))
            return sum.addingClamped(bytes / max(1, files.count))
        }
    }

    /// Returns true if the texts of a task's combinations leave those of all tasks within the limit.
    mutating func hasRoom(
        for texts: TaskTexts,
        _ prompt: Node?,
        in matrix: Matrix,
        _ name: String,
        _ node: Node
    ) -> Bool {
        let bytes = bytes(of: texts, prompt, in: matrix)
        guard textSize.addingClamped(bytes) > Self.textLimit else {
            textSize += bytes
            return true
        }
        reader.fail(
            node,
            "the texts of all tasks come to more than \(Self.textLimit >> 20) MiB: those of \"\(name)\" "
                + "alone would take \(bytes >> 20) MiB in \(Format.count(matrix.count, "task")); let the "
                + "prompts name files that hold what is long"
        )
        return false
    }
}

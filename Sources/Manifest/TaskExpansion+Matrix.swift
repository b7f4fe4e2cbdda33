import FileAccess
import Orchestration
import Yams

// The matrix of a task entry.
extension TaskExpansion {
    /// The keys and values of a matrix.
    struct MatrixSource {
        /// The keys with lists of values.
        var entries: [(key: Node, name: String, value: Node)]
        /// The rows of the file that `from` names; one without values if there is none.
        var rows: [Template.Values] = [[:]]
        /// The columns of that file.
        var columns: [String] = []

        /// All keys.
        var keys: Set<String> { Set(entries.map(\.name) + columns) }
    }

    /// Reads a matrix; `nil` if the file that it names can't be used, which is reported.
    mutating func matrixSource(_ node: Node?, _ name: String) -> MatrixSource? {
        var matrix = MatrixSource(entries: reader.entries(node, "the matrix of \"\(name)\""))
        // A list of values is an ordinary key of that name.
        guard
            let place = matrix.entries.firstIndex(where: {
                $0.name == "from" && $0.value.scalar != nil
            })
        else { return matrix }
        let file = matrix.entries.remove(at: place).value
        guard let path = reader.string(file, "\"from\"")?.absolute(in: directory),
            let table = table(path, file, name)
        else { return nil }
        (matrix.rows, matrix.columns) = (table.rows, table.columns)
        if let twice = matrix.entries.first(where: { table.columns.contains($0.name) }) {
            reader.fail(
                twice.key,
                "\"\(twice.name)\" is a column of \(path), too; leave one of them out"
            )
            return nil
        }
        return matrix
    }

    /// Reads the file of a matrix, and checks that its rows make tasks of different names.
    private mutating func table(_ path: String, _ node: Node, _ name: String) -> MatrixFile? {
        do throws(ManifestSource.Refusal) {
            let text = try files.read(path)
            known.tables.insert(path)
            do throws(MatrixFile.Mistake) {
                let table = try MatrixFile(text, path: path)
                if table.rows.isEmpty {
                    reader.fail(node, "\"\(path)\" has no rows, so there is no task \"\(name)\"")
                    return nil
                }
                if table.rows.count > 1,
                    !table.columns.contains(where: { name.contains("{\($0)}") })
                {
                    reader.fail(
                        node,
                        "the name \"\(name)\" must contain a column of \"\(path)\" "
                            + "(\(table.columns.joined(separator: ", "))), or its tasks would share a name"
                    )
                    return nil
                }
                return table
            } catch {
                reader.fail(
                    in: path,
                    at: ManifestText.Place(line: error.line, column: 1),
                    error.message
                )
                return nil
            }
        } catch {
            reader.fail(node, "the matrix's file \"\(path)\" can't be used: \(error.message)")
            return nil
        }
    }

    /// Makes a task's matrix; `nil` after a mistake in it.
    func matrix(_ source: MatrixSource, _ node: Node?, _ name: String) -> Matrix? {
        var matrix = Matrix(columns: source.columns, rows: source.rows)
        var isEmpty = false
        guard !isTooLarge(matrix, node, name) else { return nil }
        for (key, word, value) in source.entries {
            let values = reader.strings(value, "\"\(word)\"") ?? []
            if values.isEmpty {
                reader.fail(key, "\"\(word)\" in the matrix of \"\(name)\" has no values")
                isEmpty = true
                continue
            }
            matrix.add(word, values)
            guard !isTooLarge(matrix, key, name) else { return nil }
            if !name.contains("{\(word)}"), values.count > 1 {
                reader.fail(
                    key,
                    "the name \"\(name)\" must contain {\(word)}, or its tasks would share a name"
                )
                return nil
            }
        }
        return isEmpty ? nil : matrix
    }

    private func isTooLarge(_ matrix: Matrix, _ key: Node?, _ name: String) -> Bool {
        guard matrix.count.addingClamped(tasks.count) > Self.limit else { return false }
        reader.fail(
            key,
            "the matrix of \"\(name)\" makes more than \(Format.count(Self.limit, "task"))"
        )
        return true
    }
}

import Foundation
import TestSupport
import Testing

@Suite struct `A table of tests` {
    private static let tests = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// The names that a suite's sources give to tests and to suites.
    private static func names(in suite: String) throws -> Set<String> {
        let files = try FileManager.default.contentsOfDirectory(atPath: "\(tests)/\(suite)")
        var names: Set<String> = []
        for file in files where file.hasSuffix(".swift") {
            for match in text("\(tests)/\(suite)/\(file)").matches(of: /(?:func|struct) `([^`]+)`/)
            {
                names.insert(String(match.1))
            }
        }
        return names
    }

    /// The rows of the tables that stand in files: of failures, and of promises.
    private static let rows: [String: [Substring]] = [
        "failures.md": rows(of: text(tests + "/failures.md")),
        "Can I trust it?": rows(
            of: text(tests + "/README.md").split(separator: "\n## ").first {
                $0.hasPrefix("Can I trust it?\n")
            }.map(String.init) ?? ""
        ),
    ]

    private static func rows(of text: String) -> [Substring] {
        let heads = ["| failure | test |", "| promise | proved by |"]
        return text.split(separator: "\n").filter {
            $0.hasPrefix("| ") && !heads.contains(String($0))
        }
    }

    @Test(arguments: [("failures.md", 20), ("Can I trust it?", 12)])
    func `names tests that there are, where it says`(table: String, least: Int) throws {
        var count = 0
        var known: [String: Set<String>] = [:]
        let rows = try #require(Self.rows[table])
        for row in rows {
            let cells = row.split(separator: " | ", maxSplits: 1)
            let cell = try #require(cells.last).dropLast(2)
            var suite: Substring?
            for part in cell.split(separator: "; ") where !part.hasPrefix("`") {
                var name = part
                if let match = part.firstMatch(of: /([A-Za-z]+Tests):\s/) {
                    suite = match.1
                    name = part[match.range.upperBound...]
                }
                let folder = String(try #require(suite, "\(row)"))
                let names = try known[folder] ?? Self.names(in: folder)
                known[folder] = names
                #expect(names.contains(String(name)), "\(folder): \(name)")
                count += 1
            }
        }
        #expect(rows.count > least && count > rows.count)
    }
}

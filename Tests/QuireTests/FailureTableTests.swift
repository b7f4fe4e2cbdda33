import Foundation
import TestSupport
import Testing

@Suite struct `The table of failures` {
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

    @Test func `names tests that there are, where it says`() throws {
        var count = 0
        var known: [String: Set<String>] = [:]
        let rows = text(Self.tests + "/failures.md").split(separator: "\n").filter {
            $0.hasPrefix("| ") && $0 != "| failure | test |"
        }
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
        #expect(rows.count > 20 && count > rows.count)
    }
}

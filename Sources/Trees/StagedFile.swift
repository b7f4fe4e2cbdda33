/// A path that the index has otherwise than the tree's commit.
///
/// An agent has staged it, or a checkpoint that was cut off has.
struct StagedFile: Sendable {
    let file: TreeFile
    /// The letter of the difference: `A` for a path that the commit lacks, `D` for one that the index lacks.
    private let letter: UInt8
    /// The line with which `update-index --index-info` makes the entry that of the commit again.
    let restoration: [UInt8]

    var isAdded: Bool { letter == UInt8(ascii: "A") }
    var isRemoved: Bool { letter == UInt8(ascii: "D") }

    /// Reads a pair of git's: `:MODE MODE OBJECT OBJECT LETTER`, and the path.
    private init?(_ difference: ArraySlice<UInt8>, _ path: ArraySlice<UInt8>) {
        let fields = difference.dropFirst().split(separator: UInt8(ascii: " "))
        guard fields.count == 5, let letter = fields[4].first else { return nil }
        (file, self.letter) = (TreeFile(path), letter)
        restoration =
            fields[0] + [UInt8(ascii: " ")] + fields[2] + [UInt8(ascii: "\t")] + path + [0]
    }

    /// Returns all of a tree's, also those that are only announced (`git add --intent-to-add`).
    static func all(in tree: TreeGit) throws(GitError) -> [StagedFile] {
        let words = [
            "diff-index", "--cached", "--raw", "--no-abbrev", "--no-renames",
            "--ita-visible-in-index", "-z", "HEAD",
        ]
        let list = try tree.output(words, doing: "looking for changes").split(separator: 0)
        return try stride(from: 0, to: list.count, by: 2).map { index throws(GitError) in
            guard index + 1 < list.count, let staged = StagedFile(list[index], list[index + 1])
            else { throw GitError("looking for changes in \(tree.path) failed: git gave no list") }
            return staged
        }
    }
}

import Orchestration
package import FileAccess
package import Manual
package import Reporting
import Version

/// A copy of a skill where an agent finds it, compared with what this Quire writes there.
package struct SkillCopy: Sendable {
    /// The state of a copy, compared with this Quire's.
    package enum State: String, Encodable, Sendable {
        /// There is none.
        case absent
        /// It is what this Quire writes.
        case current
        /// Another Quire wrote it, or not all of it is there, and nobody has changed it.
        case outdated
        /// Somebody changed what a Quire wrote.
        case changed
        /// No Quire wrote it.
        case foreign
        /// It can't be read, or a link or device stands in its place.
        case unreadable
    }

    /// The largest file that is read, in bytes.
    private static let limit = 1 << 20

    /// The place.
    package let place: SkillPlace
    private let skill: Skill
    /// The state.
    package private(set) var state = State.absent
    /// The version of Quire that wrote it; `nil` if none is noted.
    package private(set) var version: String?
    /// The files that are there as no Quire wrote them, and that this one would overwrite.
    package private(set) var changed: [String] = []
    /// The error for a copy that can't be read.
    package private(set) var trouble: String?
    /// The files that are not there, or as another Quire wrote them.
    private var missing: [String]
    /// The files that another Quire wrote and this one does not.
    private var former: [String] = []

    /// Looks at what is in a place.
    package init(of skill: Skill, in place: SkillPlace) {
        (self.skill, self.place) = (skill, place)
        missing = skill.files.map(\.path)
        do throws(FileError) {
            guard let directory = try place.open()?.directory(skill.name) else { return }
            try compare(directory)
        } catch {
            (state, trouble) = (.unreadable, error.description)
        }
    }

    /// The skill's directory.
    package var path: String { place.path + "/" + skill.name }

    private mutating func compare(_ directory: Directory) throws(FileError) {
        let record = try directory.contents(of: SkillRecord.name, limit: Self.limit)
            .flatMap(SkillRecord.init(bytes:))
        let (served, recorded) = (SkillRecord(of: skill).digests, record?.digests ?? [:])
        var (missing, former, changed) = ([String](), [String](), [String]())
        var isAnyThere = false
        for path in Set(served.keys).union(recorded.keys).sorted() {
            let bytes = try directory.contents(ofNested: path, limit: Self.limit)
            let digest = bytes.map { SHA256.hex(of: $0) }
            isAnyThere = isAnyThere || digest != nil
            if let own = served[path] {
                if digest == nil || digest == recorded[path] && digest != own {
                    missing.append(path)
                } else if digest != own {
                    changed.append(path)
                }
            } else if digest != nil, digest == recorded[path] {
                former.append(path)
            }
        }
        guard isAnyThere else { return }
        (self.missing, self.former, self.changed) = (missing, former, changed)
        version = record?.version
        if !changed.isEmpty {
            state = record == nil ? .foreign : .changed
        } else {
            state = missing + former == [] && record != nil ? .current : .outdated
        }
    }

    /// The reason why nothing is written over what is there without a person's word; `nil` if there is none.
    package var refusal: SafeText? {
        switch state {
        case .absent, .current, .outdated: nil
        case .changed: "\(path) was changed by hand: \(changed.joined(separator: ", "))"
        case .foreign: "\(path) is not Quire's: \(changed.joined(separator: ", "))"
        case .unreadable: "\(trouble ?? "")"
        }
    }

    /// Writes what is not there as this Quire writes it, and removes what only an earlier one wrote.
    ///
    /// Each file is replaced as a whole, and a link in its place with it; an installation that was cut off is
    /// completed by the next one. With `overwriting` it replaces what somebody changed.
    ///
    /// - Throws: `FileError` for what can't be written, or a link in the place of a directory.
    package func install(overwriting: Bool) throws(FileError) {
        if state == .current { return }
        let directory = try place.make().makeDirectory(skill.name)
        let replaced = Set(missing + (overwriting ? changed : []))
        for file in skill.files where replaced.contains(file.path) {
            let (inner, name) = try directory.place(ofNested: file.path, isMade: true)
            try inner?.replace(
                name,
                with: Array(file.text.utf8),
                isExecutable: file.isExecutable
            )
        }
        for path in former {
            let (inner, name) = try directory.place(ofNested: path, isMade: false)
            inner?.remove(name)
        }
        // Last, so that files without a record are those of an installation that was cut off.
        try directory.replace(SkillRecord.name, with: SkillRecord(of: skill).bytes)
    }
}

/// The record of who wrote a skill's copy, and how, in a file beside it that `sha256sum -c` reads, too.
private struct SkillRecord {
    static let name = ".quire-skill"
    private static let title = "# quire "

    /// The version of Quire that wrote the copy.
    let version: String
    /// The digests of its files, by their paths.
    let digests: [String: String]

    /// Makes the record of what this Quire writes.
    init(of skill: Skill) {
        version = Version.number
        let pairs = skill.files.map { ($0.path, SHA256.hex(of: Array($0.text.utf8))) }
        digests = Dictionary(uniqueKeysWithValues: pairs)
    }

    /// Reads a record; `nil` if it is none.
    ///
    /// Lines that no Quire writes are skipped: what they name counts as changed.
    init?(bytes: [UInt8]) {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard let first = lines.first, first.hasPrefix(Self.title) else { return nil }
        version = String(first.dropFirst(Self.title.count).prefix { $0 != " " })
        let pairs = lines.dropFirst().compactMap { line in
            // No path leads out of the skill's directory, or to the record itself.
            line.wholeMatch(of: /([0-9a-f]{64})  ((?:\w[\w.-]*\/)?\w[\w.-]*)/).map {
                (String($0.2), String($0.1))
            }
        }
        digests = Dictionary(pairs) { $1 }
    }

    /// The record's text.
    var bytes: [UInt8] {
        let lines = digests.sorted { $0.key < $1.key }.map { "\($0.value)  \($0.key)\n" }
        let first =
            Self.title + version + " wrote these files, and replaces them while they are so\n"
        return Array((first + lines.joined()).utf8)
    }
}

extension Directory {
    /// Returns the directory and the name of a file that lies in this directory or one below it.
    fileprivate func place(
        ofNested path: String,
        isMade: Bool
    ) throws(FileError) -> (Directory?, String) {
        let parts = path.split(separator: "/").map(String.init)
        guard parts.count == 2 else { return (self, path) }
        return (isMade ? try makeDirectory(parts[0]) : try directory(parts[0]), parts[1])
    }

    fileprivate func contents(ofNested path: String, limit: Int) throws(FileError) -> [UInt8]? {
        let (inner, name) = try place(ofNested: path, isMade: false)
        return try inner?.contents(of: name, limit: limit)
    }
}

import Glibc
package import Manifest
import Orchestration
import Reporting
package import Trees

/// The texts of a manifest by which it runs commands or leaves its workspace, and whether they may be used.
///
/// One's own need no approval: those of a file that git does not track, and those that were written or
/// committed in this clone. All others do, each text once. In CI a tracked file is always somebody else's,
/// and no approval that was recorded counts.
package struct ManifestTrust {
    /// The reason why a text may be used, or that it may not.
    package enum Standing: String, Sendable {
        /// It is of an example that comes with Quire.
        case known
        /// The user has approved it.
        case approved
        /// It was written here.
        case own
        /// It is somebody else's, and not approved.
        case needed
    }

    /// A text and its standing.
    package struct Entry: Sendable {
        /// The text.
        package let text: GuardedText
        /// The standing.
        package internal(set) var standing: Standing
    }

    /// The texts, in the order of their kinds.
    package let entries: [Entry]
    /// The reason why the manifest counts as somebody else's, for people; `nil` if nothing depends on it.
    package let origin: String?
    /// True in CI, where recorded approvals don't count.
    package let isCI: Bool
    /// The problem for which the approvals are not known; `nil` for none.
    package let trouble: Trouble?

    /// The texts that must be approved.
    package var needed: [GuardedText] {
        entries.filter { $0.standing == .needed }.map(\.text)
    }
}

/// The judge of the texts of manifests.
package struct TrustJudge {
    /// The program git; `nil` for none.
    private let git: Git?
    private let approvals: ApprovalFile?
    private let isCI: Bool
    private let user: uid_t

    /// Makes a judge for the user who runs Quire.
    package init(git: Git?, approvals: ApprovalFile?, isCI: Bool) {
        self.init(git: git, approvals: approvals, isCI: isCI, user: geteuid())
    }

    /// Makes a judge for another user.
    init(git: Git?, approvals: ApprovalFile?, isCI: Bool, user: uid_t) {
        (self.git, self.approvals, self.isCI, self.user) = (git, approvals, isCI, user)
    }

    /// Judges texts of a manifest; `all` returns those of another one in its place.
    ///
    /// Neither git nor the approvals are asked where nothing depends on them.
    package func judge(
        _ texts: [GuardedText],
        of manifest: Manifest,
        isStream: Bool,
        all: (Manifest) -> [GuardedText]
    ) -> ManifestTrust {
        var entries = texts.map {
            ManifestTrust.Entry(
                text: $0,
                standing: KnownTexts.keys.contains($0.key) ? .known : .needed
            )
        }
        let (keys, trouble) = approvedKeys(for: entries)
        entries.settle(.approved) { keys.contains($0.key) }
        guard !isStream, entries.contains(where: { $0.standing == .needed }) else {
            entries.settle(.own) { _ in true }
            return ManifestTrust(entries: entries, origin: nil, isCI: isCI, trouble: nil)
        }
        let origin = Origin(of: manifest, git, isCI: isCI, user: user)
        let needed = entries.filter { $0.standing == .needed }.map(\.text.content)
        let foreign = origin.foreign(among: Set(needed)) { Set(all($0).map(\.content)) }
        entries.settle(.own) { !foreign.contents.contains($0.content) }
        let isNeeded = !foreign.contents.isEmpty
        return ManifestTrust(
            entries: entries,
            origin: isNeeded ? foreign.reason : nil,
            isCI: isCI,
            trouble: isNeeded ? trouble : nil
        )
    }

    /// Returns what is approved; problems are told later, if anything depends on it.
    private func approvedKeys(
        for entries: [ManifestTrust.Entry]
    ) -> (keys: Set<String>, trouble: Trouble?) {
        guard !isCI, let approvals, entries.contains(where: { $0.standing == .needed }) else {
            return ([], nil)
        }
        do {
            return (try approvals.keys(), nil)
        } catch {
            let trouble = error as? Trouble
            return ([], trouble ?? Trouble("\(error)", status: ExitStatus.missing))
        }
    }
}

extension [ManifestTrust.Entry] {
    /// Gives those that are not settled yet, and for which this holds, a standing.
    fileprivate mutating func settle(
        _ standing: ManifestTrust.Standing,
        where holds: (GuardedText) -> Bool
    ) {
        for place in indices where self[place].standing == .needed && holds(self[place].text) {
            self[place].standing = standing
        }
    }
}

/// The place that a manifest's file came from.
private struct Origin {
    private enum Source {
        case own
        case other(String)
        case history(FileHistory)
    }

    private let source: Source
    private let path: String

    init(of manifest: Manifest, _ git: Git?, isCI: Bool, user: uid_t) {
        path = manifest.path
        var status = stat()
        guard stat(path, &status) == 0 else {
            source = .other("the file is gone, and nobody knows whose it was")
            return
        }
        guard status.st_uid == user || status.st_uid == 0 else {
            source = .other("the file belongs to another user (\(status.st_uid))")
            return
        }
        source =
            switch FileHistory.standing(of: path, git) {
            case .untracked: .own
            case .unknown(let words): .other("whether git tracks the file is not known: \(words)")
            case .tracked where isCI:
                .other("git tracks the file, and in CI (the variable CI) nobody has seen it")
            case .tracked(let history): .history(history)
            }
    }

    /// Returns those texts that are somebody else's, and the reason.
    ///
    /// Texts that a version from elsewhere has are of that version, whatever was changed here beside them.
    func foreign(
        among texts: Set<GuardedText.Content>,
        _ contents: (Manifest) -> Set<GuardedText.Content>
    ) -> (contents: Set<GuardedText.Content>, reason: String?) {
        let history: FileHistory
        switch source {
        case .own: return ([], nil)
        case .other(let reason): return (texts, reason)
        case .history(let found): history = found
        }
        func read(_ bytes: [UInt8]?) -> Set<GuardedText.Content>? {
            bytes.flatMap { Manifest.parse(other: $0, path: path) }.map(contents)
        }
        do {
            var (foreign, reason) = (Set<GuardedText.Content>(), String?.none)
            for version in try history.foreign() {
                // A version without contents was removed, and one that can't be read may have had any text.
                let found =
                    version.contents == [] ? [] : (read(version.contents) ?? texts)
                reason = reason ?? Self.words(version, texts.isDisjoint(with: found))
                foreign.formUnion(texts.intersection(found))
            }
            let new = texts.subtracting(foreign).subtracting(read(try history.committed()) ?? [])
            guard !new.isEmpty else { return (foreign, reason) }
            for version in try history.others() {
                let found = new.intersection(read(version.contents) ?? [])
                reason = reason ?? Self.words(version, found.isEmpty)
                foreign.formUnion(found)
            }
            return (foreign, reason)
        } catch {
            return (texts, "where the file came from is not known: \(error)")
        }
    }

    private static func words(_ version: FileHistory.Version, _ isOther: Bool) -> String? {
        isOther
            ? nil
            : "the commit \(version.commit.prefix(12)), which was not made in this clone, has it"
    }
}

import Autonomous
import FileAccess
import Orchestration
import Synchronization

/// The checklist of a session, and the words of people to it: as it begins, and as it is left.
///
/// All functions block.
final class SessionList: Sendable {
    private let directory: TaskDirectory
    /// The number of entries that the list may have afterwards; `nil` for any.
    private let most: Int?
    private let begun: Mutex<(look: ChecklistLook, news: String?)>
    private let words: GivenWords
    private let told: Mutex<(question: String?, warnings: [String])> = Mutex((nil, []))

    /// Begins with the last inspection, which holds if no session is started.
    init(of launch: SessionLaunch, last: ChecklistLook) {
        (directory, most) = (launch.directory, launch.mostEntries)
        words = launch.givenWords
        begun = Mutex((last, nil))
    }

    /// The list that the session began with.
    var before: ChecklistLook { begun.withLock { $0.look } }
    /// The session's question to a person, in one line; `nil` for none.
    var question: String? { told.withLock { $0.question } }

    /// Returns what people should know, once.
    func takeWarnings() -> [String] {
        let news = begun.withLock { begun in
            defer { begun.news = nil }
            return begun.news
        }
        let changes = news.map {
            "its list was changed while no session worked on it: \($0); it goes on"
        }
        return told.withLock { told in
            defer { told.warnings = [] }
            return [changes].compactMap(\.self) + told.warnings
        }
    }

    /// Inspects the list, and takes the words, right before the session starts.
    func inspect() {
        let found = directory.inspectBeforeSession(after: before)
        begun.withLock { $0 = found }
        let warnings = words.take()
        told.withLock { $0.warnings = warnings }
    }

    /// Inspects the list that the session left; `isRemote` if another machine may have written it, of
    /// which this one's cached attributes prove little.
    func compare(isRemote: Bool) -> ChecklistLook {
        isRemote
            ? directory.compareAfresh(since: before, most: most)
            : directory.compare(since: before, most: most)
    }

    /// Puts back what the session may not change, and notes its question; returns also the error with
    /// which the disk refused it.
    ///
    /// A session that completed its turn got its words, and may ask by its statement.
    func restore(
        _ compared: ChecklistLook,
        after result: SessionResult
    ) -> (ChecklistLook, FileError?) {
        let look = directory.restore(since: before, compared: compared, most: most)
        if look.isTampered, let error = look.unkept { return (look, error) }
        let isCompleted = result.failure == nil
        let asked = isCompleted ? result.statement?.asked : nil
        let settled = words.settle(isCompleted: isCompleted, asked: asked)
        told.withLock { $0 = (settled.question, $0.warnings + settled.warnings) }
        return (look, nil)
    }
}

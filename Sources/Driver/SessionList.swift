import Autonomous
import FileAccess
import Synchronization

/// The checklist of a session: as it begins, and as it is left.
///
/// All functions block.
final class SessionList: Sendable {
    private let directory: TaskDirectory
    /// The number of entries that the list may have afterwards; `nil` for any.
    private let most: Int?
    private let begun: Mutex<(look: ChecklistLook, news: String?)>

    /// Begins with the last inspection of the list, which counts until `inspect` reads it anew.
    init(in directory: TaskDirectory, most: Int?, last: ChecklistLook) {
        (self.directory, self.most) = (directory, most)
        begun = Mutex((last, nil))
    }

    /// The list that the session began with.
    var before: ChecklistLook { begun.withLock { $0.look } }
    /// The changes by a person since the last inspection, in words; `nil` for nothing to tell.
    var news: String? { begun.withLock { $0.news } }

    /// Inspects the list right before the session starts.
    func inspect() {
        let found = directory.inspectBeforeSession(after: before)
        begun.withLock { $0 = found }
    }

    /// Inspects the list that the session left; `isRemote` if another machine may have written it, of
    /// which this one's cached attributes prove little.
    func compare(isRemote: Bool) -> ChecklistLook {
        isRemote
            ? directory.compareAfresh(since: before, most: most)
            : directory.compare(since: before, most: most)
    }

    /// Puts back what the session may not change; returns also the error with which the disk refused it.
    func restore(_ compared: ChecklistLook) -> (ChecklistLook, FileError?) {
        let look = directory.restore(since: before, compared: compared, most: most)
        return (look, look.isTampered ? look.unkept : nil)
    }
}

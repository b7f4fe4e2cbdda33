import FileAccess
import Synchronization

/// What is known of a directory that was opened before, and perhaps the open directory itself.
///
/// Shared by the copies of a value, on all threads.
final class OpenedDirectory: Sendable {
    private struct Known: Sendable {
        var identity: FileIdentity?
        var directory: Directory?
        var holders = 0
    }

    private let known = Mutex(Known())

    /// The directory that was opened before; `nil` until one was.
    var identity: FileIdentity? { known.withLock { $0.identity } }

    /// Remembers the directory, which must be the one from before.
    func note(_ directory: Directory) throws(FileError) {
        try known.withLock { known throws(FileError) in
            if let identity = known.identity, identity != directory.identity {
                try Directory.check(directory.path, is: identity)
            }
            known.identity = directory.identity
            if known.holders > 0 { known.directory = directory }
        }
    }

    /// The directory that is held, or what `open` opens; `nil` where there never was one.
    ///
    /// - Throws: what the functions do; `check` is called for a directory that is not the one from
    ///   before, or is gone.
    func directory(
        _ open: () throws(FileError) -> Directory?,
        checking check: (FileIdentity) throws(FileError) -> Void
    ) throws(FileError) -> Directory? {
        let (held, identity) = known.withLock { ($0.directory, $0.identity) }
        if let held { return held }
        let found: Directory?
        do throws(FileError) {
            found = try open()
        } catch {
            // What stands there now matters less than that it stands in a directory's place.
            if let identity { try check(identity) }
            throw error
        }
        if let identity, found?.identity != identity { try check(identity) }
        if let found { try note(found) }
        return found
    }

    /// Forgets the directory, which this process moved away: another one may take its place.
    func forget() {
        known.withLock { known in
            (known.identity, known.directory) = (nil, nil)
        }
    }

    /// Keeps the directory open from the next use on.
    func hold() { known.withLock { $0.holders += 1 } }

    /// Ends what `hold` began; the last one closes it.
    func letGo() {
        known.withLock { known in
            known.holders -= 1
            if known.holders == 0 { known.directory = nil }
        }
    }
}

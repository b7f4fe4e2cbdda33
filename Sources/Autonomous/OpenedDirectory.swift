import FileAccess
import Synchronization

/// The identity of a directory that was opened before, and perhaps its open descriptor.
///
/// Shared by the copies of a value, on all threads.
final class OpenedDirectory: Sendable {
    private struct Known: Sendable {
        var identity: FileIdentity?
        var directory: Directory?
        var holders = 0
    }

    private let known = Mutex(Known())

    /// Identity of the directory once opened; `nil` until then.
    var identity: FileIdentity? { known.withLock { $0.identity } }

    /// Remembers the directory, which must be the one remembered before, if any.
    func note(_ directory: Directory) throws(FileError) {
        try known.withLock { known throws(FileError) in
            if let identity = known.identity, identity != directory.identity {
                try Directory.check(directory.path, is: identity)
            }
            known.identity = directory.identity
            if known.holders > 0 { known.directory = directory }
        }
    }

    /// Returns the directory that is held open, or else the result of `open`; `nil` if there never was
    /// one.
    ///
    /// - Throws: the errors of both functions; `check` is called if the directory is gone, or is not
    ///   the one from before.
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
            // The object found there matters less than that it replaces a directory.
            if let identity { try check(identity) }
            throw error
        }
        if let identity, found?.identity != identity { try check(identity) }
        if let found { try note(found) }
        return found
    }

    /// Forgets the directory, which this process moved away, so that another one may take its name.
    func forget() {
        known.withLock { known in
            (known.identity, known.directory) = (nil, nil)
        }
    }

    /// Keeps the directory open from the next use on.
    func hold() { known.withLock { $0.holders += 1 } }

    /// Ends one `hold`; the last closes the directory.
    func letGo() {
        known.withLock { known in
            known.holders -= 1
            if known.holders == 0 { known.directory = nil }
        }
    }
}

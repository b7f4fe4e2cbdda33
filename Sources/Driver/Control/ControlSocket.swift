import EventLoop
import FileAccess
import Glibc
import Orchestration

/// The control socket of a run: made when the leg begins, removed when it ends.
final class ControlSocket: ControlDoor {
    private let run: String
    private let directory: String
    private let runtimeDirectory: String?
    private let loop: Loop
    private var listener: LocalListener?
    private var made: ControlPlace.Made?
    private var isClosed = false

    /// Makes the socket of a run; `nil` for a run that can't be steered.
    init?(of request: RunRequest, loop: Loop) {
        guard let settings = request.control else { return nil }
        (run, directory, self.loop) = (request.run, settings.directory, loop)
        runtimeDirectory = request.environment.text("XDG_RUNTIME_DIR")
    }

    func open(
        on _: any DriverLoop,
        warn: @escaping (String) -> Void,
        accept: @escaping (any ControlLink) -> Void
    ) {
        loop.perform { [run, directory, runtimeDirectory] in
            Result { try ControlPlace.make(run, in: directory, runtimeDirectory: runtimeDirectory) }
        } then: { [self] result in
            do {
                let made = try result.get()
                self.made = made
                listener = try LocalListener(
                    loop: loop,
                    descriptor: made.descriptor,
                    accept: accept
                )
                if isClosed { close() }
            } catch {
                warn("the run can't be steered while it runs (quire pause, set, stop …): \(error)")
            }
        }
    }

    func close() {
        isClosed = true
        listener?.close()
        listener = nil
        made?.remove()
        made = nil
    }
}

extension ControlPlace {
    /// A socket that listens, and what names it.
    struct Made: Sendable {
        let descriptor: Int32
        fileprivate let directory: Directory
        fileprivate let name: String
        fileprivate let identity: FileIdentity?
        /// The file in the state directory that holds the socket's path; `nil` if the socket is there itself.
        fileprivate var note: (directory: Directory, name: String)?

        /// Removes the socket's name, unless it has become another's.
        func remove() {
            if let identity, directory.status(of: name).map(FileIdentity.init) == identity {
                directory.remove(name)
            }
            if let note { note.directory.remove(note.name) }
        }
    }

    /// Makes the socket of a run that this process holds the lock of.
    ///
    /// A socket that a run left when it was killed is replaced; anything else with its name is left alone.
    static func make(
        _ run: String,
        in path: String,
        runtimeDirectory environment: String?
    ) throws -> Made {
        guard let directory = try Directory.open(path, made: false) else {
            throw FileError("opening the directory", path, errno: ENOENT)
        }
        let (own, note) = (socket(of: run), note(of: run))
        do {
            let made = try listen(own, in: directory)
            if directory.kind(of: note) == .file { directory.remove(note) }
            return made
        } catch let error as LoopError where error.isOfThePlace {
            guard let runtime = Self.runtimeDirectory(environment) else { throw error }
            let name = "\(Fingerprint(directory.path + "\n" + run).text).sock"
            var made = try listen(name, in: runtime)
            do {
                try directory.replace(note, with: Array(runtime.path(of: name).utf8))
            } catch {
                made.remove()
                close(made.descriptor)
                throw error
            }
            made.note = (directory, note)
            return made
        }
    }

    private static func listen(_ name: String, in directory: Directory) throws -> Made {
        guard let address = address(of: name, in: directory) else {
            throw LoopError("making a socket in \"\(directory.path)\"", ENAMETOOLONG)
        }
        var descriptor: Int32
        do throws(LoopError) {
            descriptor = try LocalListener.listen(at: address)
        } catch {
            guard error.errno == EADDRINUSE else { throw error }
            try removeStale(name, in: directory, address)
            descriptor = try LocalListener.listen(at: address)
        }
        let identity = directory.status(of: name).map(FileIdentity.init)
        return Made(descriptor: descriptor, directory: directory, name: name, identity: identity)
    }

    /// Removes a socket that nobody listens at any more.
    private static func removeStale(
        _ name: String,
        in directory: Directory,
        _ address: String
    ) throws {
        let path = directory.path(of: name)
        guard let status = directory.status(of: name) else { return }
        guard FileKind(status) == .socket else {
            let words = FileKind(status).words(at: path)
            throw FileError(
                "\"\(path)\" is \(words), not a socket, and is left as it is; move it away"
            )
        }
        guard status.st_uid == geteuid() else {
            throw FileError(
                "\"\(path)\" is a socket of another user, and is left as it is; move it away"
            )
        }
        do throws(LoopError) {
            _ = try LocalClient(path: address, patience: .milliseconds(500))
        } catch {
            guard error.errno == ECONNREFUSED || error.errno == ENOENT else {
                throw FileError("\"\(path)\" is left as it is: \(error)")
            }
            directory.remove(name)
            return
        }
        throw FileError("another process listens at \"\(path)\", and is left alone")
    }
}

extension LoopError {
    /// True if a socket can be made elsewhere, but not in this directory.
    fileprivate var isOfThePlace: Bool {
        [ENAMETOOLONG, EPERM, EACCES, EOPNOTSUPP, ENOSYS, EINVAL, EROFS].contains(errno)
    }
}

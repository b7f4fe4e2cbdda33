import Glibc

/// A file in which sessions record their work, as proof that a run does its work once.
///
/// A line is written after its deed: the record of a killed session may lack a deed, but has none
/// that was not done.
struct Evidence {
    private let path: String
    private let words: String

    /// Begins the record of a session; `nil` if none is wanted.
    init?(_ directives: Directives, task: String, session: Int) {
        guard let path = directives.evidence else { return nil }
        self.path = path
        words = "\(task) \(session)"
        if !isAlone(task) { note("double") }
        note("begin")
    }

    func note(_ deed: String) { Files.append("\(deed) \(words)\n", to: path) }

    /// Locks the task for this process's life; returns false if another session holds it.
    ///
    /// The lock belongs to the process, so that processes it leaves behind don't inherit it.
    private func isAlone(_ task: String) -> Bool {
        let file = open("\(path).\(task)", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        var lock = flock(
            l_type: Int16(F_WRLCK),
            l_whence: Int16(SEEK_SET),
            l_start: 0,
            l_len: 0,
            l_pid: 0
        )
        return file >= 0 && fcntl(file, F_SETLK, &lock) == 0
    }
}

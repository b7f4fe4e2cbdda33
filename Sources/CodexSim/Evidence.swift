import Glibc

/// A file in which sessions note what they have done, for who doubts that a run does its work once.
///
/// A line is written once its deed is done, so that a session that is killed may have left a deed
/// out, but none in that was not done.
struct Evidence {
    private let path: String
    private let words: String

    /// Begins the notes of a session; `nil` where none are wanted.
    init?(_ directives: Directives, task: String, session: Int) {
        guard let path = directives.evidence else { return nil }
        self.path = path
        words = "\(task) \(session)"
        if !isAlone(task) { note("double") }
        note("begin")
    }

    func note(_ deed: String) { Files.append("\(deed) \(words)\n", to: path) }

    /// Locks the task for as long as this process lives; false where another session has it.
    ///
    /// By a lock that belongs to the process: what it leaves behind does not inherit it.
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

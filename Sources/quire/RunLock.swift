import Foundation
import Glibc

/// The right to carry a run out: one process at a time.
///
/// The system gives the lock back when its process dies, however that happens.
struct RunLock: ~Copyable {
    private let descriptor: Int32

    /// Takes the lock of a run, in the state directory.
    ///
    /// - Throws: `Trouble` with status 69 that names the process which has it.
    init(run: String, directory: String) throws {
        let name = run.unicodeScalars.reduce(UInt64(14_695_981_039_346_656_037)) { hash, scalar in
            (hash ^ UInt64(scalar.value)) &* 1_099_511_628_211
        }
        let path = "\(directory)/run-\(String(name, radix: 16)).lock"
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else {
            throw Trouble(
                "the lock \"\(path)\" can't be opened: \(String(cString: strerror(errno)))",
                status: ExitStatus.missing
            )
        }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let owner =
                (try? String(contentsOfFile: path, encoding: .utf8))?
                .trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
            close(file)
            throw Trouble(
                "\(run) is already being run by process \(owner); wait for it, look at it with "
                    + "\"quire status\", or stop it: kill \(owner)",
                status: ExitStatus.missing
            )
        }
        descriptor = file
        ftruncate(file, 0)
        Terminal.write("\(getpid())\n", to: file)
    }

    deinit {
        close(descriptor)
    }
}

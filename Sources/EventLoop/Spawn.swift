import CSpawn
import Descendants
import Glibc

/// A process that was just started, and the parent's ends of its pipes.
struct Spawned: Sendable {
    var process: ProcessID
    /// Readable when the process has ended; -1 where the system has no such thing, or none was wanted.
    var pidfd: Int32
    var output: Int32
    var error: Int32

    /// Starts a process.
    ///
    /// For libuv's worker threads: the child dies with the calling thread.
    static func start(
        _ launch: ChildProcess.Launch,
        wantsPidfd: Bool
    ) throws(LoopError) -> Spawned {
        try check(launch)
        let input = try memoryFile(launch.input)
        defer { close(input) }
        let output = try Pipe()
        defer { close(output.write) }
        var error: Pipe
        do {
            error = try Pipe()
        } catch let failure {
            close(output.read)
            throw failure
        }
        defer { close(error.write) }
        do {
            let child = try start(launch, input: input, output: output.write, error: error.write)
            return Spawned(
                process: StartClock.process(child),
                pidfd: wantsPidfd ? cspawn_pidfd_open(child.pid) : -1,
                output: output.read,
                error: error.read
            )
        } catch let failure {
            close(output.read)
            close(error.read)
            throw failure
        }
    }

    private struct Pipe {
        let read: Int32
        let write: Int32

        init() throws(LoopError) {
            var ends: (Int32, Int32) = (-1, -1)
            let status = unsafe withUnsafeMutableBytes(of: &ends) { bytes in
                unsafe cspawn_pipe(bytes.baseAddress?.assumingMemoryBound(to: Int32.self))
            }
            guard status == 0 else { throw LoopError("opening a pipe", errno) }
            (read, write) = ends
        }
    }

    private static func start(
        _ launch: ChildProcess.Launch,
        input: Int32,
        output: Int32,
        error: Int32
    ) throws(LoopError) -> cspawn_result {
        let result = unsafe withCStrings(launch.arguments) { arguments in
            unsafe launch.inherited.withCStrings(adding: launch.environment) { environment in
                unsafe launch.executable.withCString { executable in
                    unsafe launch.directory.withCString { directory in
                        var request = unsafe cspawn_request(
                            executable: executable,
                            arguments: arguments,
                            environment: environment,
                            directory: directory,
                            input: input,
                            output: output,
                            error: error,
                            label: launch.label
                        )
                        return unsafe cspawn(&request)
                    }
                }
            }
        }
        guard result.step == CSPAWN_STARTED else { throw failure(result, launch) }
        return result
    }

    /// Refuses what would reach the child as something else: a text is cut at a NUL, and a relative
    /// path is another one in the child's working directory.
    private static func check(_ launch: ChildProcess.Launch) throws(LoopError) {
        for path in [launch.executable, launch.directory] where !path.hasPrefix("/") {
            throw LoopError("starting \"\(path)\", which is no absolute path", EINVAL)
        }
        for path in [launch.executable, launch.directory] where path.utf8.contains(0) {
            throw LoopError(
                "starting in or from \(path.debugDescription), which holds a NUL",
                EINVAL
            )
        }
        for (index, word) in launch.arguments.enumerated() where word.utf8.contains(0) {
            throw LoopError("passing argument \(index), which holds a NUL", EINVAL)
        }
        for variable in launch.environment where variable.utf8.contains(0) {
            let name = variable.prefix { $0 != "=" && $0 != "\0" }
            throw LoopError("passing the variable \(name), which holds a NUL", EINVAL)
        }
    }

    private static func failure(_ result: cspawn_result, _ launch: ChildProcess.Launch) -> LoopError
    {
        switch result.step {
        case CSPAWN_FORK: LoopError("starting a process", result.error)
        case CSPAWN_DIRECTORY:
            LoopError("entering the directory \"\(launch.directory)\"", result.error)
        case CSPAWN_EXEC:
            LoopError(
                "running \"\(launch.executable)\"",
                result.error,
                because: ProgramFile(launch.executable).refusal(result.error)
            )
        default: LoopError("preparing a process", result.error)
        }
    }

    /// An anonymous file with these bytes, to be read from its start.
    private static func memoryFile(_ bytes: [UInt8]) throws(LoopError) -> Int32 {
        let file = unsafe cspawn_memory_file("quire-prompt")
        guard file >= 0 else { throw LoopError("making a memory file", errno) }
        var written = 0
        while written < bytes.count {
            // At a place of its own each, so that the reader begins at the start.
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe pwrite(
                    file,
                    buffer.baseAddress?.advanced(by: written),
                    bytes.count - written,
                    off_t(written)
                )
            }
            guard count > 0 else {
                let error = errno
                close(file)
                throw LoopError("filling a memory file", error)
            }
            written += count
        }
        return file
    }
}

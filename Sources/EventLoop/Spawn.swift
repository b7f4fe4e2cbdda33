import CSpawn
import Glibc

/// A process that was just started, and the parent's ends of its pipes.
struct Spawned: Sendable {
    var pid: pid_t
    /// Readable when the process has ended; -1 where the system has no such thing.
    var pidfd: Int32
    var output: Int32
    var error: Int32
    var processStart: UInt64

    /// Starts a process.
    ///
    /// For libuv's worker threads: the child dies with the calling thread.
    static func start(_ launch: ChildProcess.Launch) throws(LoopError) -> Spawned {
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
            let pid = try start(launch, input: input, output: output.write, error: error.write)
            return Spawned(
                pid: pid,
                pidfd: cspawn_pidfd_open(pid),
                output: output.read,
                error: error.read,
                processStart: ChildProcess.processStart(pid: pid)
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
    ) throws(LoopError) -> pid_t {
        let result = unsafe withCStrings(launch.arguments) { arguments in
            unsafe withCStrings(launch.environment) { environment in
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
        guard result.step == CSPAWN_STARTED else {
            throw LoopError(words(for: result, launch), result.error)
        }
        return result.pid
    }

    private static func words(for result: cspawn_result, _ launch: ChildProcess.Launch) -> String {
        switch result.step {
        case CSPAWN_EXEC
        where unsafe access(launch.executable, F_OK) == 0 && result.error == ENOENT:
            "running \"\(launch.executable)\", whose first line names an interpreter"
        case CSPAWN_FORK: "starting a process"
        case CSPAWN_DIRECTORY: "entering the directory \"\(launch.directory)\""
        case CSPAWN_EXEC: "running \"\(launch.executable)\""
        default: "preparing a process"
        }
    }

    /// An anonymous file with these bytes, to be read from its start.
    private static func memoryFile(_ bytes: [UInt8]) throws(LoopError) -> Int32 {
        let file = unsafe cspawn_memory_file("quire-prompt")
        guard file >= 0 else { throw LoopError("making a memory file", errno) }
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe write(file, buffer.baseAddress?.advanced(by: written), bytes.count - written)
            }
            guard count > 0 else {
                let error = errno
                close(file)
                throw LoopError("filling a memory file", error)
            }
            written += count
        }
        lseek(file, 0, SEEK_SET)
        return file
    }
}

/// Calls `body` with the strings as a C array that ends with a null pointer.
private func withCStrings<Result>(
    _ strings: [String],
    _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let array = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
        capacity: strings.count + 1
    )
    for (place, string) in strings.enumerated() { unsafe array[place] = unsafe strdup(string) }
    unsafe array[strings.count] = nil
    defer {
        for place in strings.indices { unsafe free(array[place]) }
        unsafe array.deallocate()
    }
    return unsafe body(array)
}

import Glibc

/// The file, pipe or terminal that a log is written to.
struct LogTarget {
    /// Name in errors.
    let path: String
    let opening: @Sendable () throws(LoopError) -> Int32
    /// Descriptor of the open file; -1 before it is opened, and after it was closed.
    var descriptor: Int32 = -1
    private(set) var ownsDescriptor = true
    /// True if a write to the descriptor may block until somebody reads.
    private(set) var mayWait = false

    /// Makes a target that `opening` opens.
    init(path: String, opening: @escaping @Sendable () throws(LoopError) -> Int32) {
        self.path = path
        self.opening = opening
    }

    /// Makes a target of an open descriptor, which stays open.
    init(descriptor: Int32, name: String) {
        path = name
        opening = { () throws(LoopError) in throw LoopError("opening \(name)", EBADF) }
        let own = Self.reopen(descriptor)
        ownsDescriptor = own >= 0
        var status = stat()
        let isFile = unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        mayWait = own < 0 && !isFile
        self.descriptor = own >= 0 ? own : descriptor
    }

    /// Opens a pipe or a terminal once more, so that a write to it can come back at once without a
    /// change for the others who have it open; -1 where that can't be.
    private static func reopen(_ descriptor: Int32) -> Int32 {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0,
            status.st_mode & S_IFMT == S_IFIFO || isatty(descriptor) == 1
        else { return -1 }
        let flags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
        return unsafe Glibc.open("/proc/self/fd/\(descriptor)", flags)
    }

    /// Opens the file on the calling thread, unless it is open already.
    mutating func open() throws(LoopError) {
        guard descriptor < 0 else { return }
        do throws(LoopError) {
            descriptor = try opening()
            Self.endLastLine(of: descriptor)
        } catch {
            // A pipe without a reader yet is opened when it has one.
            if error.errno != ENXIO { throw error }
        }
    }

    /// Opens a file for appending; follows no link, and waits for no reader of a pipe.
    static func openForAppending(_ path: String) throws(LoopError) -> Int32 {
        let flags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
        let file = unsafe Glibc.open(path, flags, 0o644)
        guard file >= 0 else { throw LoopError("opening \"\(path)\"", Glibc.errno) }
        return file
    }

    /// Ends the last line of a file if it has no end.
    static func endLastLine(of file: Int32) {
        var last: UInt8 = 0
        let size = lseek(file, 0, SEEK_END)
        if size > 0, unsafe pread(file, &last, 1, size - 1) == 1, last != UInt8(ascii: "\n") {
            var newline = UInt8(ascii: "\n")
            _ = unsafe Glibc.write(file, &newline, 1)
        }
    }
}

import FileAccess
import Foundation
import Glibc

/// The source of a manifest or of a text that it names: a file, or a stream such as a pipe or standard
/// input.
struct ManifestSource {
    /// A reason, for people, why a source can't be read.
    struct Refusal: Error {
        var message: String
        var place: ManifestText.Place?

        init(_ message: String, at place: ManifestText.Place? = nil) {
            (self.message, self.place) = (message, place)
        }
    }

    /// The manifest's absolute path: the file's own, or, for a stream without a name, `-` in the
    /// working directory, to which its paths are relative.
    let identity: String
    private let isStandardInput: Bool
    private let path: String

    /// Makes the source of a path as given; `-` is standard input.
    init(_ path: String, in workingDirectory: String) {
        let absolute = path.resolved(in: workingDirectory)
        let isStream = Self.isStream(path)
        identity = isStream ? workingDirectory + "/-" : absolute
        self.path = isStream ? path : absolute
        isStandardInput = path == "-"
    }

    /// Indicates whether a path as given is that of a stream, which no file of its own stands for.
    static func isStream(_ path: String) -> Bool { path == "-" || namesDescriptor(path) }

    /// Indicates whether a path names an open descriptor, as a shell's `<(…)` does.
    ///
    /// The link's target is not what was named. Files have paths of their own, also in `/dev/shm`.
    private static func namesDescriptor(_ path: String) -> Bool {
        path == "/dev/stdin" || ["/dev/fd/", "/proc/"].contains { path.hasPrefix($0) }
    }

    /// Reads the text, without a byte-order mark.
    ///
    /// - Throws: `Refusal` unless the source is text of at most `limit` bytes.
    func text(limit: Int) throws(Refusal) -> String {
        try Self.decoded(try bytes(limit: limit))
    }

    /// Reads a file that a manifest names, without a byte-order mark.
    ///
    /// Each leg reads the file again, which a pipe does not allow; a pipe without a writer would block.
    ///
    /// - Throws: `Refusal` unless the path is a plain file with text of at most `limit` bytes.
    static func text(ofFile path: String, limit: Int) throws(Refusal) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw refusal(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw refusal(errno) }
        let kind = FileKind(status)
        guard kind == .file else {
            throw Refusal(
                "it is \(kind.words(at: path)); name a file, which each leg can read again"
            )
        }
        return try decoded(try read(descriptor, limit))
    }

    private func bytes(limit: Int) throws(Refusal) -> [UInt8] {
        guard !isStandardInput else { return try Self.read(STDIN_FILENO, limit) }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.refusal(errno) }
        defer { close(descriptor) }
        return try Self.read(descriptor, limit)
    }

    private static func refusal(_ error: Int32) -> Refusal {
        let reason = String(cString: strerror(error))
        switch error {
        case ENOENT, ENOTDIR: return Refusal("there is no such file; check the path")
        case EISDIR: return Refusal("it is a directory; name the manifest file in it")
        case EACCES, EPERM: return Refusal("it can't be read (\(reason)); check its permissions")
        default: return Refusal("it can't be read: \(reason)")
        }
    }

    private static func read(_ descriptor: Int32, _ limit: Int) throws(Refusal) -> [UInt8] {
        let tooLarge = Refusal("it is larger than \(limit / 1024 / 1024) MiB")
        var status = stat()
        let isKnown = fstat(descriptor, &status) == 0
        if isKnown, status.st_mode & S_IFMT == S_IFREG, status.st_size > limit { throw tooLarge }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 256 * 1024)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            if count == 0 { return bytes }
            if count > 0 {
                bytes += piece[..<count]
            } else if errno != EINTR {
                throw refusal(errno)
            }
            if bytes.count > limit { throw tooLarge }
        }
    }

    /// Decodes UTF-8, or UTF-16 with a byte-order mark.
    static func decoded(_ bytes: [UInt8]) throws(Refusal) -> String {
        if bytes.starts(with: [0xFF, 0xFE]) { return try utf16(bytes, isBigEndian: false) }
        if bytes.starts(with: [0xFE, 0xFF]) { return try utf16(bytes, isBigEndian: true) }
        let text = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        if let zero = text.firstIndex(of: 0) {
            throw Refusal(
                "it is not text, but holds a byte that is 0; save it as UTF-8 (UTF-16 needs a "
                    + "byte-order mark)",
                at: ManifestText.place(ofByte: zero - text.startIndex, in: Array(text))
            )
        }
        guard let string = String(validating: text, as: UTF8.self) else {
            throw notUTF8(Array(text))
        }
        return string
    }

    private static func utf16(_ bytes: [UInt8], isBigEndian: Bool) throws(Refusal) -> String {
        let (high, low) = isBigEndian ? (0, 1) : (1, 0)
        let units = stride(from: 2, to: bytes.count - 1, by: 2).map { place in
            UInt16(bytes[place + high]) << 8 | UInt16(bytes[place + low])
        }
        guard bytes.count.isMultiple(of: 2), let text = String(validating: units, as: UTF16.self),
            !text.utf8.contains(0)
        else { throw Refusal("it begins as UTF-16 and is not; save it as UTF-8") }
        return text
    }

    private static func notUTF8(_ bytes: [UInt8]) -> Refusal {
        var parser = Unicode.UTF8.ForwardParser()
        var rest = bytes.makeIterator()
        var offset = 0
        while case .valid(let scalar) = parser.parseScalar(from: &rest) { offset += scalar.count }
        offset = min(offset, bytes.count - 1)
        let byte = String(bytes[offset], radix: 16, uppercase: true)
        return Refusal(
            "it is not text in UTF-8: a byte is 0x\(byte), as in Latin-1; save it as UTF-8",
            at: ManifestText.place(ofByte: offset, in: bytes)
        )
    }
}

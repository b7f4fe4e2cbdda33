import Glibc

/// A file that was to be run as a program, for what the system's refusal does not say of it.
///
/// Source: `execve(2)`, and `elf(5)` for the formats.
struct ProgramFile {
    /// Limit on the chain of interpreters that the system follows.
    private static let longestChain = 5
    /// As much of the file as its first line or its headers take.
    private static let headSize = 4096

    private let path: String
    private let depth: Int

    init(_ path: String) { self.init(path, depth: 0) }

    private init(_ path: String, depth: Int) {
        (self.path, self.depth) = (path, depth)
    }

    /// The reason why the system did not run the file; `nil` where its own words say all.
    func refusal(_ errno: Int32) -> String? {
        switch errno {
        case ENOEXEC: noFormat
        case ENOENT: exists ? missingPart : nil
        case EACCES: noPermission
        case ETXTBSY: "something is still writing it"
        case ELIBBAD: "its loader is no program"
        default: nil
        }
    }

    private var exists: Bool { unsafe access(path, F_OK) == 0 }

    private var head: [UInt8] {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { return [] }
        defer { close(file) }
        return unsafe [UInt8](unsafeUninitializedCapacity: Self.headSize) { buffer, count in
            count = max(0, unsafe read(file, buffer.baseAddress, buffer.count))
        }
    }

    // MARK: - Exec format error

    private var noFormat: String {
        let head = head
        if head.isEmpty { return "the file is empty" }
        if let interpreter = Interpreter(head) {
            guard !interpreter.path.isEmpty else { return "its #! line names no interpreter" }
            return cause(of: interpreter, ENOEXEC) ?? "its #! line can't be made use of"
        }
        if head.starts(with: [0xEF, 0xBB, 0xBF, 0x23, 0x21]) {
            return "a byte-order mark stands before its #! line; remove it: "
                + "sed -i '1s/^\\xEF\\xBB\\xBF//' '\(path)'"
        }
        if head.starts(with: ELFHeader.mark) {
            guard let elf = ELFHeader(head), elf.machine != ELFHeader.ownMachine else {
                return "it is a program that is cut off or damaged"
            }
            return "it was built for \(elf.machineName), and this machine is "
                + "\(ELFHeader.name(of: ELFHeader.ownMachine))"
        }
        if let system = Self.otherSystem(head) { return "it is a program for \(system)" }
        if head.contains(0) { return "it is no program" }
        return "it has no #! line; begin it with one that names its interpreter, such as #!/bin/sh"
    }

    private static func otherSystem(_ head: [UInt8]) -> String? {
        let marks: [(bytes: [UInt8], system: String)] = [
            ([0x4D, 0x5A], "Windows"), ([0xCF, 0xFA, 0xED, 0xFE], "macOS"),
            ([0xCA, 0xFE, 0xBA, 0xBE], "macOS or Java"),
        ]
        return marks.first { head.starts(with: $0.bytes) }?.system
    }

    // MARK: - No such file, although it is there

    private var missingPart: String? {
        let head = head
        if let interpreter = Interpreter(head) { return cause(of: interpreter, ENOENT) }
        guard let loader = ELFHeader(head)?.loader(in: head) else { return nil }
        return "its loader \"\(loader)\" is not there: it was built for another system"
    }

    // MARK: - Permission denied

    private var noPermission: String? {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        if status.st_mode & S_IFMT == S_IFDIR { return "it is a directory" }
        guard unsafe access(path, X_OK) == 0 else {
            return "it is not executable; make it so: chmod +x '\(path)'"
        }
        if let interpreter = Interpreter(head), let cause = cause(of: interpreter, EACCES) {
            return cause
        }
        var volume = statvfs()
        guard unsafe statvfs(path, &volume) == 0 else { return nil }
        // ST_NOEXEC, which the importer does not see.
        return volume.f_flag & 8 == 0 ? nil : "its file system is mounted with noexec"
    }

    private func cause(of interpreter: Interpreter, _ errno: Int32) -> String? {
        if interpreter.endsWithCarriageReturn {
            return "its #! line ends with a carriage return, as on Windows; remove those: "
                + "sed -i 's/\\r$//' '\(path)'"
        }
        guard depth < Self.longestChain else { return "its interpreters go round in a circle" }
        let next = ProgramFile(interpreter.path, depth: depth + 1)
        let named = "its #! line names the interpreter \"\(interpreter.path)\""
        guard next.exists else { return "\(named), which is not there" }
        return next.refusal(errno).map { "\(named): \($0)" }
    }
}

/// The interpreter in a script's first line.
private struct Interpreter {
    let path: String
    let endsWithCarriageReturn: Bool

    /// Reads a file's first line; `nil` where that is no `#!` line.
    init?(_ head: [UInt8]) {
        guard head.starts(with: [0x23, 0x21]) else { return nil }
        let line = head.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") }
        let word = line.drop(while: Self.isBlank).prefix { !Self.isBlank($0) }
        endsWithCarriageReturn = word.last == UInt8(ascii: "\r")
        path = String(decoding: word, as: UTF8.self)
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
}

/// The beginning of a file in the Executable and Linkable Format.
private struct ELFHeader {
    /// ELF number of the processor.
    let machine: Int
    private let is64Bit: Bool
    private let isBigEndian: Bool

    /// First bytes of every ELF file.
    static let mark: [UInt8] = [0x7F, 0x45, 0x4C, 0x46]
    private static let names = [
        3: "i386", 8: "mips", 21: "ppc64", 22: "s390x", 40: "arm", 62: "x86_64", 183: "aarch64",
        243: "riscv64", 258: "loongarch64",
    ]

    /// The number of the processor that this program runs on.
    static var ownMachine: Int {
        ProgramFile.ownHead.flatMap(ELFHeader.init)?.machine ?? 0
    }

    /// The name that `uname -m` has for a processor.
    static func name(of machine: Int) -> String { names[machine] ?? "processor \(machine)" }

    /// Reads a header; `nil` for one that is cut off, or says what no header does of its class, byte
    /// order and version.
    init?(_ head: [UInt8]) {
        guard head.starts(with: Self.mark), head.count >= 20, (1...2).contains(head[4]),
            (1...2).contains(head[5]), head[6] == 1
        else { return nil }
        (is64Bit, isBigEndian) = (head[4] == 2, head[5] == 2)
        machine = Self.number(head, at: 18, bytes: 2, isBigEndian) ?? 0
    }

    var machineName: String { Self.name(of: machine) }

    /// The path of the loader that it asks for; `nil` for none.
    func loader(in head: [UInt8]) -> String? {
        func field(_ offset: Int, _ bytes: Int) -> Int? {
            Self.number(head, at: offset, bytes: bytes, isBigEndian)
        }
        let width = is64Bit ? 8 : 4
        guard let table = field(is64Bit ? 32 : 28, width), let size = field(is64Bit ? 54 : 42, 2),
            let count = field(is64Bit ? 56 : 44, 2)
        else { return nil }
        for index in 0..<count {
            let (entry, isOver) = table.addingReportingOverflow(index * size)
            guard !isOver, let type = field(entry, 4) else { return nil }
            // PT_INTERP.
            guard type == 3 else { continue }
            guard let start = field(entry + (is64Bit ? 8 : 4), width), start < head.count else {
                return nil
            }
            return String(decoding: head[start...].prefix { $0 != 0 }, as: UTF8.self)
        }
        return nil
    }

    private static func number(
        _ head: [UInt8],
        at offset: Int,
        bytes: Int,
        _ isBigEndian: Bool
    ) -> Int? {
        guard offset >= 0, offset < head.count, head.count - offset >= bytes else { return nil }
        let digits = head[offset..<(offset + bytes)]
        let value = isBigEndian ? Array(digits) : digits.reversed()
        return Int(exactly: value.reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}

extension ProgramFile {
    /// The beginning of this program's own file.
    fileprivate static var ownHead: [UInt8]? { ProgramFile("/proc/self/exe").head }
}

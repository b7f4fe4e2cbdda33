import CSpawn
import Glibc

/// The processes of this machine, as far as this one may see them: all reading of `/proc/PID`.
package struct SystemProcesses: ProcessTable {
    /// The time that a process is given to have an environment again, in microseconds: it has none in
    /// the middle of an exec.
    private static let execTime: UInt32 = 3000
    /// The most lists in which new processes are looked for: on a busy machine there always are some.
    private static let longestPursuit = 20
    private static let mark = Array("\(SessionMark.runVariable)=".utf8)

    private let began = SuspendingClock.now

    /// Makes the table.
    package init() {}

    package var now: Duration { SuspendingClock.now - began }

    package func sleep(_ time: Duration) { usleep(UInt32(time / .microseconds(1))) }

    /// The namespace of this machine's or container's process numbers.
    ///
    /// The first namespace of every machine has the same name, so the boot is a part of it.
    package var namespace: String {
        guard let namespace = link("/proc/self/ns/pid") else { return "" }
        let boot = readFile("/proc/sys/kernel/random/boot_id", isShort: true) ?? []
        return namespace + "@"
            + String(decoding: boot.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// Lists the processes that carry a mark or a label; `nil` without `/proc`.
    ///
    /// A program may find another value for a variable: the last one counts, where there are several.
    /// Costs four system calls a process: for worker threads.
    package func marked() -> [SeenProcess]? {
        guard ProcessStat(pid: getpid()) != nil else { return nil }
        var found: [SeenProcess] = []
        var known = lineage(of: getpid())
        // One that forks and ends while others are looked at shows only in the next list.
        for _ in 0..<Self.longestPursuit {
            let new = allNumbers().filter { known.insert($0).inserted }
            if new.isEmpty { break }
            let unsettled = new.filter { !inspect($0, into: &found) }
            if !unsettled.isEmpty { usleep(Self.execTime) }
            for pid in unsettled { _ = inspect(pid, into: &found) }
        }
        return found
    }

    package func isAlive(_ process: ProcessID) -> Bool { process.isAlive }

    /// Whether a process may be a descendant of another: one of another container may, since its
    /// numbers say nothing here.
    package func mayDescend(_ pid: Int32, from ancestor: Int32) -> Bool {
        link("/proc/\(pid)/ns/pid") != link("/proc/self/ns/pid")
            || lineage(of: pid).contains(ancestor)
    }

    package func signal(_ process: ProcessID, _ number: Int32, group: Bool) {
        if group { process.signalGroup(number) }
        process.signal(number)
    }

    /// Adds a process that is marked; false when it must be inspected again, because it is in the
    /// middle of an exec.
    private func inspect(_ pid: Int32, into found: inout [SeenProcess]) -> Bool {
        guard let environment = readFile("/proc/\(pid)/environ") else { return true }
        let isMarked = environment.split(separator: 0).contains { $0.starts(with: Self.mark) }
        let label = cspawn_label(pid)
        if isMarked || label != 0 { found.append(SeenProcess(pid, environment, label)) }
        // Neither zombies nor threads of the kernel's have a program.
        return !environment.isEmpty || link("/proc/\(pid)/exe") == nil
    }

    /// A process, its parent, and so on.
    private func lineage(of pid: Int32) -> Set<Int32> {
        var lineage: Set<Int32> = []
        var next = pid
        while next > 0, lineage.insert(next).inserted {
            next = ProcessStat(pid: next)?.parent ?? 0
        }
        return lineage
    }
}

/// The orphans of this process at one moment: those that it became the parent of when their own
/// parent died (`Loop.adoptOrphans`).
///
/// Orphans come to this process's first thread, while the processes that it starts are children of
/// the worker threads that start them.
package struct Orphans: Sendable {
    /// The orphans that live.
    var living: [SeenProcess] = []
    /// Whether others had just ended: what those had started may be orphans by now, and is not
    /// among these.
    var haveChanged = false
}

extension Orphans {
    /// Inspects processes that `numbers` listed.
    package init(_ numbers: [Int32]) {
        for pid in numbers {
            // The number may have been reaped and used again since.
            if let stat = ProcessStat(pid: pid), stat.parent == getpid(), !stat.hasEnded {
                let environment = readFile("/proc/\(pid)/environ") ?? []
                living.append(SeenProcess(pid, environment, cspawn_label(pid)))
            } else {
                haveChanged = true
            }
        }
    }

    /// Whether this process may have orphans; one system call.
    package static var mayExist: Bool { cspawn_may_have_orphans() != 0 }

    /// The children of this process's first thread, dead ones included.
    ///
    /// For the thread that reaps: a list that nobody leaves meanwhile is whole. Source: `proc(5)`,
    /// `/proc/PID/task/TID/children`.
    package static var numbers: [Int32] {
        (readFile("/proc/self/task/\(getpid())/children") ?? [])
            .split(separator: UInt8(ascii: " "))
            .compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
    }
}

/// The state of a process.
///
/// Source: `proc(5)`, `/proc/PID/stat`.
struct ProcessStat {
    /// Whether it is a zombie.
    let hasEnded: Bool
    let parent: Int32
    /// In clock ticks after boot.
    let start: UInt64

    /// Reads it; `nil` when there is no such process.
    init?(pid: Int32) {
        guard let bytes = readFile("/proc/\(pid)/stat", isShort: true) else { return nil }
        // The second field is the command in parentheses, and may hold anything.
        guard let end = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = bytes[end...].split(separator: UInt8(ascii: " "), maxSplits: 21)
        guard fields.count > 20, let state = fields[1].first else { return nil }
        hasEnded = state == UInt8(ascii: "Z") || state == UInt8(ascii: "X")
        parent = Int32(truncatingIfNeeded: Self.number(fields[2]))
        start = Self.number(fields[20])
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64 {
        digits.reduce(0) { $0 &* 10 &+ UInt64($1 &- UInt8(ascii: "0")) }
    }
}

extension SeenProcess {
    /// Makes one of the contents of its `/proc/PID/environ`.
    fileprivate init(_ pid: Int32, _ environment: [UInt8], _ label: UInt64) {
        self.init(
            id: ProcessID(pid),
            environment: environment.split(separator: 0).map {
                String(decoding: $0, as: UTF8.self)
            },
            label: label
        )
    }
}

/// The contents of a file of `/proc`; `nil` when it can't be read.
///
/// A file that `isShort` comes whole with the first call.
private func readFile(_ path: String, isShort: Bool = false) -> [UInt8]? {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var contents: [UInt8] = []
    while true {
        let piece = unsafe [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            count = max(0, unsafe read(file, buffer.baseAddress, buffer.count))
        }
        if isShort { return piece }
        if piece.isEmpty { return contents }
        contents += piece
    }
}

private func link(_ path: String) -> String? {
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
        guard let base = buffer.baseAddress else { return }
        count = unsafe max(0, readlink(path, base, buffer.count))
    }
    return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
}

/// The numbers of all processes; none when they can't be read.
private func allNumbers() -> [Int32] {
    guard let directory = unsafe opendir("/proc") else { return [] }
    defer { unsafe closedir(directory) }
    var numbers: [Int32] = []
    while let entry = unsafe readdir(directory) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
            unsafe atoi(UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
        }
        // Other names begin with no digit.
        if name > 0 { numbers.append(name) }
    }
    return numbers
}

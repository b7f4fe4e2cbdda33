import CSpawn
import Glibc

/// The processes of this machine that this one may see; all reading of `/proc/PID` is here.
package struct SystemProcesses: ProcessTable {
    /// Time for a process to get its environment, in microseconds; it has none in the middle of an
    /// exec.
    private static let execTime: UInt32 = 3000
    /// Most lists that are searched for new processes; on a busy machine there always are some.
    private static let longestPursuit = 20
    private static let mark = Array("\(SessionMark.runVariable)=".utf8)

    private let began = SuspendingClock.now

    /// Makes the table.
    package init() {}

    package var now: Duration { SuspendingClock.now - began }

    package func sleep(_ time: Duration) { usleep(UInt32(time / .microseconds(1))) }

    /// The namespace of this machine's or container's process ids.
    ///
    /// The first namespace has the same name on every machine, so the boot's id is added.
    package var namespace: String {
        guard let namespace = link("/proc/self/ns/pid") else { return "" }
        let boot = readFile("/proc/sys/kernel/random/boot_id", isShort: true) ?? []
        return namespace + "@"
            + String(decoding: boot.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// Lists the processes that carry a mark or a label; `nil` without `/proc`.
    ///
    /// Of several values of a variable the last counts, although the program may use another. Costs
    /// four system calls per process: call it on a worker thread.
    package func marked() -> [SeenProcess]? {
        guard ProcessStat(pid: getpid()) != nil else { return nil }
        var found: [SeenProcess] = []
        var known = lineage(of: getpid())
        // A process that forks and ends during the scan shows its child only in the next list.
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

    /// Indicates whether a process may be a descendant of another; one in another container may, as its
    /// ids mean nothing here.
    package func mayDescend(_ pid: Int32, from ancestor: Int32) -> Bool {
        link("/proc/\(pid)/ns/pid") != link("/proc/self/ns/pid")
            || lineage(of: pid).contains(ancestor)
    }

    package func signal(_ process: ProcessID, _ number: Int32, group: Bool) {
        if group { process.signalGroup(number) }
        process.signal(number)
    }

    /// Adds a process that is marked; returns false if it must be inspected again after its exec.
    private func inspect(_ pid: Int32, into found: inout [SeenProcess]) -> Bool {
        guard let environment = readFile("/proc/\(pid)/environ") else { return true }
        let isMarked = environment.split(separator: 0).contains { $0.starts(with: Self.mark) }
        let label = cspawn_label(pid)
        if isMarked || label != 0 { found.append(SeenProcess(pid, environment, label)) }
        // Zombies and kernel threads have no program.
        return !environment.isEmpty || link("/proc/\(pid)/exe") == nil
    }

    /// Returns a process, its parent, and so on.
    private func lineage(of pid: Int32) -> Set<Int32> {
        var lineage: Set<Int32> = []
        var next = pid
        while next > 0, lineage.insert(next).inserted {
            next = ProcessStat(pid: next)?.parent ?? 0
        }
        return lineage
    }
}

/// The orphans of this process at one moment: processes that became its children when their own parents
/// died (`Loop.adoptOrphans`).
///
/// Orphans become children of this process's first thread, whereas the processes that it starts are
/// children of the worker threads that start them.
package struct Orphans: Sendable {
    /// The living orphans.
    var living: [SeenProcess] = []
    /// True if others had just ended: processes that they had started may be orphans now, and are not
    /// listed.
    var haveChanged = false
}

extension Orphans {
    /// Inspects the processes that `numbers` listed.
    package init(_ numbers: [Int32]) {
        for pid in numbers {
            // The id may have been reaped and reused since.
            if let stat = ProcessStat(pid: pid), stat.parent == getpid(), !stat.hasEnded {
                let environment = readFile("/proc/\(pid)/environ") ?? []
                living.append(SeenProcess(pid, environment, cspawn_label(pid)))
            } else {
                haveChanged = true
            }
        }
    }

    /// True if this process may have orphans; costs one system call.
    package static var mayExist: Bool { cspawn_may_have_orphans() != 0 }

    /// Process ids of the children of this process's first thread, dead ones included.
    ///
    /// For the thread that reaps: the list is complete if no child leaves it meanwhile. Source:
    /// `proc(5)`, `/proc/PID/task/TID/children`.
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
    /// True for a zombie.
    let hasEnded: Bool
    let parent: Int32
    /// Start in clock ticks after boot.
    let start: UInt64

    /// Reads a process's state; `nil` if there is no such process.
    init?(pid: Int32) {
        guard let bytes = readFile("/proc/\(pid)/stat", isShort: true) else { return nil }
        // The second field is the command in parentheses, and may contain anything.
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
    /// Makes a seen process from the contents of its `/proc/PID/environ`.
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

/// Returns the contents of a file in `/proc`; `nil` if it can't be read.
///
/// With `isShort`, only the first call's bytes are read, which are the whole file.
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

/// Returns the ids of all processes; none if they can't be read.
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

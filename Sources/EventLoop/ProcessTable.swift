import CSpawn
import Glibc

/// A process that was seen alive, and the environment it was started with.
package struct SeenProcess: Hashable, Sendable {
    /// Which one it is.
    package var name: ProcessName
    /// The variables it was started with, as `NAME=value`; empty where they can't be read.
    package var environment: [String]
    /// The number that the child was started with from which it descends; 0 for none.
    ///
    /// It stays with those that clean their environment.
    package var label: UInt64

    /// Names a process and its variables.
    package init(name: ProcessName, environment: [String], label: UInt64 = 0) {
        (self.name, self.environment, self.label) = (name, environment, label)
    }

    /// The value that a program finds for a variable; where it occurs twice, that is the last.
    package func value(_ variable: String) -> String? {
        environment.last { $0.hasPrefix(variable + "=") }
            .map { String($0.dropFirst(variable.count + 1)) }
    }
}

/// The processes of this machine, as far as this one may see them.
package enum ProcessTable {
    /// How long a process is given to have an environment again: it has none in the middle of an
    /// exec.
    private static let execTime: UInt32 = 3000
    /// How often processes that are new since the last list are looked at: on a busy machine there
    /// always are some.
    private static let longestPursuit = 20

    /// The processes in whose environment a variable has a value, without this one and its
    /// ancestors; `nil` where the system does not tell (no `/proc`).
    ///
    /// Without a value: those with any, and those with a label.
    ///
    /// A program may find another value: the last one counts, where there are several.
    ///
    /// Costs four system calls a process: for worker threads.
    package static func processes(
        with variable: String,
        of value: String? = nil
    ) -> [SeenProcess]? {
        guard ProcessStat(pid: getpid()) != nil else { return nil }
        let wanted = Wanted(text: Array("\(variable)=\(value ?? "")".utf8), isWhole: value != nil)
        let lineage = lineage(of: getpid())
        var found: [SeenProcess] = []
        var seen = lineage
        // One that forks and ends while others are looked at shows only in the next list.
        for _ in 0..<longestPursuit {
            let new = directoryEntries("/proc").compactMap { Int32($0) }.filter {
                seen.insert($0).inserted
            }
            if new.isEmpty { break }
            found += look(at: new, for: wanted)
        }
        return found
    }

    /// A variable that is looked for, or the beginning of one.
    private struct Wanted {
        let text: [UInt8]
        let isWhole: Bool

        /// Whether one of an environment's variables is this one.
        func isIn(_ environment: [UInt8]) -> Bool {
            environment.split(separator: 0).contains {
                isWhole ? $0.elementsEqual(text) : $0.starts(with: text)
            }
        }
    }

    private static func look(at pids: [Int32], for wanted: Wanted) -> [SeenProcess] {
        var found: [SeenProcess] = []
        var unsettled: [Int32] = []
        for pid in pids {
            guard let environment = readFile("/proc/\(pid)/environ") else { continue }
            if !wanted.isWhole, cspawn_label(pid) != 0 {
                found.append(SeenProcess(pid: pid, environment))
            } else if environment.isEmpty {
                if isProgram(pid) { unsettled.append(pid) }
            } else if wanted.isIn(environment) {
                found.append(SeenProcess(pid: pid, environment))
            }
        }
        if !unsettled.isEmpty { usleep(execTime) }
        for pid in unsettled {
            guard let environment = readFile("/proc/\(pid)/environ") else { continue }
            if wanted.isIn(environment) { found.append(SeenProcess(pid: pid, environment)) }
        }
        return found
    }

    /// What tells this machine's or container's process numbers from others'; empty where nothing
    /// does.
    ///
    /// The first namespace of every machine has the same name.
    package static var namespace: String {
        guard let namespace = link("/proc/self/ns/pid") else { return "" }
        let boot = readFile("/proc/sys/kernel/random/boot_id", isShort: true) ?? []
        return namespace + "@"
            + String(decoding: boot.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }

    /// Whether a process may be a descendant of the one with this number, dead or alive: it is when
    /// it belongs to another container, whose numbers say nothing here.
    package static func mayDescend(_ pid: Int32, from ancestor: Int32) -> Bool {
        link("/proc/\(pid)/ns/pid") != link("/proc/self/ns/pid")
            || lineage(of: pid).contains(ancestor)
    }

    /// A process, its parent, and so on.
    private static func lineage(of pid: Int32) -> Set<Int32> {
        var lineage: Set<Int32> = []
        var next = pid
        while next > 0, lineage.insert(next).inserted {
            next = ProcessStat(pid: next)?.parent ?? 0
        }
        return lineage
    }

    /// Whether it is neither a zombie nor a thread of the kernel's.
    private static func isProgram(_ pid: Int32) -> Bool { link("/proc/\(pid)/exe") != nil }

    private static func link(_ path: String) -> String? {
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            guard let base = buffer.baseAddress else { return }
            count = unsafe max(0, readlink(path, base, buffer.count))
        }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
}

extension SeenProcess {
    /// Makes one of the contents of its `/proc/PID/environ`.
    init(pid: Int32, _ environment: [UInt8]) {
        name = ProcessName(pid: pid, start: ChildProcess.processStart(pid: pid))
        self.environment = environment.split(separator: 0).map {
            String(decoding: $0, as: UTF8.self)
        }
        label = cspawn_label(pid)
    }
}

/// The names in a directory but hidden ones; none when it can't be read.
func directoryEntries(_ path: String) -> [String] {
    guard let directory = unsafe opendir(path) else { return [] }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
        let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if !name.hasPrefix(".") { names.append(name) }
    }
    return names
}

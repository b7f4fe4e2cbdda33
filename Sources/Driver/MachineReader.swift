import Foundation
import Glibc
package import Orchestration

/// Reads the machine's free resources from Linux's own sources.
///
/// Sources: `proc(5)`, `statvfs(3)`, and see `ControlGroup`.
package struct MachineReader: Sendable {
    private let places: [String]
    private let proc: String
    private let groups: String

    /// Makes a reader of the file systems of some directories; `proc` and `groups` stand for `/proc` and the
    /// mount of control groups.
    package init(
        places: [String],
        proc: String = "/proc",
        groups: String = "/sys/fs/cgroup"
    ) {
        (self.places, self.proc, self.groups) = (places, proc, groups)
    }

    /// Reads all figures; may block, so only for worker threads.
    package func read() -> MachineReading {
        MachineReading(
            memory: memory,
            load: load,
            processors: ProcessInfo.processInfo.activeProcessorCount,
            disks: disks
        )
    }

    /// Returns the number of processes that the kernel's OOM killer killed in this process's control group,
    /// or on the machine if the group does not count them; `nil` if neither does.
    package func outOfMemoryKills() -> Int64? {
        let groups = ControlGroup.own(proc: proc, mount: groups)
        return groups.lazy.compactMap(\.outOfMemoryKills).first
            ?? Self.value(of: "oom_kill", in: "\(proc)/vmstat")
    }

    /// The least free memory of the machine and of the control groups.
    private var memory: MachineReading.Memory? {
        let groups = ControlGroup.own(proc: proc, mount: groups)
        let all = [machineMemory].compactMap(\.self) + groups.compactMap(\.memory)
        return all.min { $0.free < $1.free }
    }

    private var machineMemory: MachineReading.Memory? {
        func bytes(_ name: String) -> Int64? {
            Self.value(of: name, in: "\(proc)/meminfo").map { $0.multipliedClamped(by: 1024) }
        }
        guard let free = bytes("MemAvailable:"), let total = bytes("MemTotal:") else { return nil }
        return MachineReading.Memory(free: free, total: total)
    }

    private var load: Double? {
        Self.text("\(proc)/loadavg")?.split(separator: " ").first.flatMap { Double($0) }
    }

    private var disks: [MachineReading.Disk] {
        var seen: Set<dev_t> = []
        return places.compactMap { path in
            var (place, disk) = (stat(), statvfs())
            guard stat(path, &place) == 0, statvfs(path, &disk) == 0, disk.f_blocks > 0,
                seen.insert(place.st_dev).inserted
            else { return nil }
            func bytes(_ blocks: UInt) -> Int64 {
                Int64(clamping: blocks.multipliedReportingOverflow(by: disk.f_frsize).partialValue)
            }
            return MachineReading.Disk(
                path: path,
                free: bytes(disk.f_bavail),
                total: bytes(disk.f_blocks)
            )
        }
    }

    /// Returns the contents of a small file; `nil` if it can't be read.
    static func text(_ path: String) -> String? {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Returns the number after a name at the beginning of a line.
    static func value(of name: String, in path: String) -> Int64? {
        guard let lines = text(path)?.split(separator: "\n") else { return nil }
        return lines.lazy.compactMap { line -> Int64? in
            let words = line.split(separator: " ", maxSplits: 2)
            guard words.count > 1, words[0] == name else { return nil }
            return Int64(words[1])
        }.first
    }
}

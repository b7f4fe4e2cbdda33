import Foundation
import Orchestration

/// A Linux control group of this process, and its memory figures.
///
/// Sources: the kernel's `admin-guide/cgroup-v2.rst` and `admin-guide/cgroup-v1/memory.rst`.
struct ControlGroup {
    /// The version of control groups, which determines the names of files.
    private enum Version { case one, two }

    /// The path below the mount, as in `/proc/self/cgroup`.
    private let name: String
    private let directory: String
    private let version: Version

    /// Returns this process's own groups, each before its parents.
    static func own(proc: String, mount: String) -> [ControlGroup] {
        let lines = MachineReader.text("\(proc)/self/cgroup")?.split(separator: "\n") ?? []
        return lines.flatMap { line -> [ControlGroup] in
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return [] }
            if fields[1].isEmpty {
                // Beside groups of version 1, those of version 2 have a mount of their own.
                let base = ["\(mount)/unified", mount].first(where: hasControllers) ?? mount
                return lineage(String(fields[2]), below: base, .two)
            }
            guard fields[1].split(separator: ",").contains("memory") else { return [] }
            return lineage(String(fields[2]), below: "\(mount)/memory", .one)
        }
    }

    private static func hasControllers(_ directory: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(directory)/cgroup.controllers")
    }

    private static func lineage(
        _ name: String,
        below base: String,
        _ version: Version
    ) -> [ControlGroup] {
        // In a container the mount is the container's own group, but the name may be the one seen from
        // outside.
        let isVisible = FileManager.default.fileExists(atPath: base + name)
        var parts = isVisible ? name.split(separator: "/") : []
        if parts.contains("..") { parts = [] }
        return (0...parts.count).reversed().map { depth in
            let path = parts.prefix(depth).map { "/\($0)" }.joined()
            return ControlGroup(
                name: path.isEmpty ? "/" : path,
                directory: base + path,
                version: version
            )
        }
    }

    /// The memory left below the group's limit; `nil` without a limit.
    var memory: MachineReading.Memory? {
        let names: (limits: [String], usage: String, cache: String) =
            switch version {
            case .one:
                (["memory.limit_in_bytes"], "memory.usage_in_bytes", "total_inactive_file")
            case .two: (["memory.max", "memory.high"], "memory.current", "inactive_file")
            }
        // "max" is no number, and version 1 writes a very large number instead.
        let limit = names.limits.compactMap(number).filter { $0 < 1 << 60 }.min()
        guard let limit, let usage = number(names.usage) else { return nil }
        // Inactive file pages are reclaimed before memory runs short.
        let cache = MachineReader.value(of: names.cache, in: "\(directory)/memory.stat") ?? 0
        return MachineReading.Memory(
            free: max(0, limit - max(0, usage - cache)),
            total: limit,
            group: name
        )
    }

    /// The number of processes in the group that the kernel's OOM killer killed; `nil` if it is not counted.
    var outOfMemoryKills: Int64? {
        let file = version == .one ? "memory.oom_control" : "memory.events"
        return MachineReader.value(of: "oom_kill", in: "\(directory)/\(file)")
    }

    private func number(_ file: String) -> Int64? {
        MachineReader.text("\(directory)/\(file)").flatMap {
            Int64($0.trimmingCharacters(in: .whitespacesAndNewlines))
        }
    }
}

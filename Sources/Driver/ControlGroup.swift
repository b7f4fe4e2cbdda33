import Foundation
import Orchestration

/// A control group of Linux that this process is in, and what it says of memory.
///
/// Sources: the kernel's `admin-guide/cgroup-v2.rst` and `admin-guide/cgroup-v1/memory.rst`.
struct ControlGroup {
    /// Of which kind: the kinds have other files.
    private enum Version { case one, two }

    /// Its path below the mount, as `/proc/self/cgroup` has it.
    private let name: String
    private let directory: String
    private let version: Version

    /// This process's own groups, each before its parents.
    static func own(proc: String, mount: String) -> [ControlGroup] {
        let lines = MachineReader.text("\(proc)/self/cgroup")?.split(separator: "\n") ?? []
        return lines.flatMap { line -> [ControlGroup] in
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return [] }
            if fields[1].isEmpty {
                // Beside groups of the first version those of the second have a place of their own.
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
        // A container sees its own group as the mount, and perhaps the name that others see.
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

    /// What its limit leaves; `nil` where it has none.
    var memory: MachineReading.Memory? {
        let names: (limits: [String], usage: String, cache: String) =
            switch version {
            case .one:
                (["memory.limit_in_bytes"], "memory.usage_in_bytes", "total_inactive_file")
            case .two: (["memory.max", "memory.high"], "memory.current", "inactive_file")
            }
        // "max" is no number, and the first version's word for it is a large one.
        let limit = names.limits.compactMap(number).filter { $0 < 1 << 60 }.min()
        guard let limit, let usage = number(names.usage) else { return nil }
        // What was read and not used again goes before anything is short.
        let cache = MachineReader.value(of: names.cache, in: "\(directory)/memory.stat") ?? 0
        return MachineReading.Memory(
            free: max(0, limit - max(0, usage - cache)),
            total: limit,
            group: name
        )
    }

    /// Processes of it that the kernel killed for want of memory, so far; `nil` where it does not
    /// tell.
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

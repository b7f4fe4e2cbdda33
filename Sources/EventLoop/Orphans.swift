import Glibc

/// A process that this one became the parent of when its own parent died.
///
/// Needs `Subreaper`. It may be gone by the time it is looked at.
package struct Orphan: Hashable, Sendable {
    /// Its number.
    package var pid: Int32
    /// When it started: with its number its name for ever.
    package var processStart: UInt64
    /// The variables it was started with, as `NAME=value`; empty where they can't be read.
    package var environment: [String]

    /// Sends it a signal; nothing happens when its number is another process's by now.
    package func signal(_ number: Int32) {
        guard processStart != 0, ChildProcess.processStart(pid: pid) == processStart else { return }
        Glibc.kill(pid, number)
    }
}

extension Loop {
    /// Finds the orphans of this process on a worker thread, and hands them to `then`.
    ///
    /// A child whose start is still under way is among them.
    package func findOrphans(then: @escaping ([Orphan]) -> Void) {
        let children = Reaper.of(self).children
        perform {
            Orphan.all(sparing: children)
        } then: {
            then($0)
        }
    }
}

extension Orphan {
    /// The children of this process but some.
    ///
    /// Source: `proc(5)`, `/proc/PID/task/TID/children`: an orphan belongs to any one thread.
    fileprivate static func all(sparing known: Set<pid_t>) -> [Orphan] {
        directoryEntries("/proc/self/task").flatMap { thread in
            (readFile("/proc/self/task/\(thread)/children") ?? [])
                .split(separator: UInt8(ascii: " "))
                .compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
        }
        .filter { !known.contains($0) }
        .map { pid in
            Orphan(
                pid: pid,
                processStart: ChildProcess.processStart(pid: pid),
                environment: (readFile("/proc/\(pid)/environ") ?? []).split(separator: 0)
                    .map { String(decoding: $0, as: UTF8.self) }
            )
        }
    }

    private static func directoryEntries(_ path: String) -> [String] {
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
}

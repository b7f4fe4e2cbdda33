import Agent
import CodexEvents
import Dates
import Foundation
import Glibc
import Orchestration

/// The rollout files of one home directory.
struct RolloutFiles {
    /// Most days that a thread is expected to go on for.
    private static let mostDays = 60

    let home: String

    /// A thread's record.
    private enum Record {
        case file(String)
        case compressed(String)
    }

    /// Returns a thread's own usage.
    func usage(of thread: String) -> RecordedUsage {
        switch record(of: thread) {
        case .file(let path): Self.usage(inFile: path)
        case .compressed(let path): .compressed(path)
        case nil: .unknown
        }
    }

    /// Returns the newest windows of limits in a thread's record.
    func limits(of thread: String) -> [ToldLimit] {
        guard case .file(let path)? = record(of: thread),
            let end = Self.bytes(of: path, last: Rollout.tailSize)
        else { return [] }
        let now = WallTime(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1000))
        return Rollout.limits(inEnd: end, at: now)
    }

    private func record(of thread: String) -> Record? {
        guard let creation = Rollout.creation(of: thread) else { return nil }
        // The directory is named for the local day, in the time zone of whatever machine wrote it.
        for days in [0, -1, 1] {
            let directory = directory(of: creation, after: days)
            let names = Self.names(in: directory)
            if let name = names.first(where: { Rollout.isFile($0, of: thread) }) {
                return .file("\(directory)/\(name)")
            }
            if let name = names.first(where: { Rollout.isCompressed($0, of: thread) }) {
                return .compressed("\(directory)/\(name)")
            }
        }
        return nil
    }

    /// Returns the directories of the days from a thread's creation until now.
    func directories(since creation: WallTime) -> [String] {
        let now = WallTime(millisecondsSinceEpoch: Int64(Date().timeIntervalSince1970 * 1000))
        let days = Int(clamping: (now - creation).components.seconds / 86_400)
        let last = min(max(0, days) + 1, Self.mostDays)
        return (-1...last).map { directory(of: creation, after: $0) }
    }

    private func directory(of creation: WallTime, after days: Int) -> String {
        "\(home)/sessions/" + (creation + .seconds(days * 86_400)).date("/")
    }

    static func names(in directory: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    }

    /// Returns the usage in a file, of which only the end is read.
    static func usage(inFile path: String) -> RecordedUsage {
        for size in [Rollout.tailSize, Rollout.longTailSize] {
            guard let end = bytes(of: path, last: size) else { return .unknown }
            if let total = Rollout.usage(inEnd: end) { return .total(total) }
            if end.count < size { return .none }
        }
        return .unknown
    }

    /// Returns the first bytes of a file; `nil` if it can't be read.
    static func head(of path: String) -> [UInt8]? {
        guard let handle = open(path) else { return nil }
        defer { try? handle.close() }
        return (try? handle.read(upToCount: Rollout.headSize)).map { [UInt8]($0) }
    }

    private static func bytes(of path: String, last count: Int) -> [UInt8]? {
        guard let handle = open(path) else { return nil }
        defer { try? handle.close() }
        do {
            let size = try handle.seekToEnd()
            let tail = UInt64(count)
            try handle.seek(toOffset: size > tail ? size - tail : 0)
            return [UInt8](try handle.read(upToCount: count) ?? Data())
        } catch {
            // The usage is unknown now; the session itself may still report it.
            return nil
        }
    }

    /// Opens a file of bytes; a pipe in its place would make the reader wait.
    private static func open(_ path: String) -> FileHandle? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return FileHandle(forReadingAtPath: path)
    }
}

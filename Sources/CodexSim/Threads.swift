import Glibc

/// The threads that can be resumed, in one small file each, which holds the thread's usage.
///
/// The files are below `$CODEX_HOME` if it is set, else beside the task directories.
struct Threads {
    private let directory: String?

    init(taskDirectory: String?) {
        if let home = getenv("CODEX_HOME") {
            directory = String(cString: home) + "/sessions/simulated"
        } else {
            directory = taskDirectory.map { $0 + "/../.codex-sim" }
        }
    }

    /// Returns a thread's usage; `nil` for an unknown thread.
    func usage(of thread: String) -> Int? {
        guard let directory, !thread.contains("/"), !thread.isEmpty else { return nil }
        return Files.read("\(directory)/\(thread)").map {
            Int($0.split(separator: "\n").first ?? "") ?? 0
        }
    }

    func save(_ thread: String, usage: Int) {
        guard let directory else { return }
        Files.makeDirectory(directory)
        Files.write("\(usage)\n", to: "\(directory)/\(thread)")
    }

    /// Returns a fresh id in Codex's form: a UUID of version 7.
    static func fresh() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let milliseconds = UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
        let high = milliseconds << 16 | 0x7000 | UInt64.random(in: 0..<0x1000)
        let low = UInt64(1) << 63 | UInt64.random(in: 0..<(1 << 62))
        let digits = Array(hex(high) + hex(low))
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }
            .joined(separator: "-")
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

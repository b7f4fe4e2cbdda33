import Driver
import Foundation
import Orchestration
import Testing

private let mebibyte: Int64 = 1 << 20

/// A directory of its own with these files, read as `/proc` and the mount of control groups.
private func read<Result>(
    _ files: [String: String],
    _ body: (MachineReader) throws -> Result
) throws -> Result {
    let root = NSTemporaryDirectory() + "quire-" + UUID().uuidString
    defer { try? FileManager.default.removeItem(atPath: root) }
    for (name, text) in files {
        let path = root + "/" + name
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent,
            withIntermediateDirectories: true
        )
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }
    return try body(
        MachineReader(places: [], proc: root + "/proc", groups: root + "/sys/fs/cgroup")
    )
}

private let machine = [
    "proc/meminfo": """
    MemTotal:       16384000 kB
    MemFree:          204800 kB
    MemAvailable:    8192000 kB
    SwapTotal:             0 kB

    """,
    "proc/loadavg": "3.25 1.10 0.50 2/345 6789\n",
    "proc/vmstat": "nr_free_pages 51200\noom_kill 7\noom_kill_more 9\n",
]

/// A group of the second version below the mount.
private func group(
    _ path: String,
    max: String = "max",
    high: String = "max",
    current: Int64 = 0,
    cache: Int64 = 0,
    kills: Int = 0
) -> [String: String] {
    let place = "sys/fs/cgroup" + path
    return [
        place + "/memory.max": max + "\n",
        place + "/memory.high": high + "\n",
        place + "/memory.current": "\(current)\n",
        place + "/memory.stat": "anon 1\ninactive_anon 2\nactive_file 3\ninactive_file \(cache)\n",
        place + "/memory.events": "low 0\nhigh 0\nmax 5\noom 2\noom_kill \(kills)\n",
    ]
}

private func files(_ parts: [String: String]...) -> [String: String] {
    parts.reduce(into: machine) { $0.merge($1) { $1 } }
}

@Suite struct `What the machine has left` {
    @Test func `is what /proc says where no control group has a limit`() throws {
        try read(machine) { reader in
            let reading = reader.read()
            #expect(reading.memory == .init(free: 8000 * mebibyte, total: 16000 * mebibyte))
            #expect(reading.load == 3.25)
            #expect(reading.processors > 0)
            #expect(reader.outOfMemoryKills() == 7)
        }
    }

    @Test func `is unknown without /proc`() throws {
        try read([:]) { reader in
            let reading = reader.read()
            #expect(reading.memory == nil)
            #expect(reading.load == nil)
            #expect(reader.outOfMemoryKills() == nil)
            #expect(reading.unknown(.memory)?.contains("mount /proc") == true)
        }
    }

    @Test func `keeps to the limits of a group of the second version and all above it`() throws {
        let base = [
            "proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/cgroup.controllers": "cpu memory\n",
        ]
        let own = group("/a/b", max: "\(500 * mebibyte)", current: 300 * mebibyte, kills: 3)
        try read(files(base, own, group("/a"))) { reader in
            let memory = reader.read().memory
            #expect(memory == .init(free: 200 * mebibyte, total: 500 * mebibyte, group: "/a/b"))
            #expect(reader.outOfMemoryKills() == 3)
        }
        // What was read from files and is not in use can be had.
        let parent = group(
            "/a",
            high: "\(400 * mebibyte)",
            current: 390 * mebibyte,
            cache: 90 * mebibyte
        )
        try read(files(base, own, parent)) { reader in
            let memory = reader.read().memory
            #expect(memory == .init(free: 100 * mebibyte, total: 400 * mebibyte, group: "/a"))
        }
    }

    @Test func `is the machine's where it has less than a group may take`() throws {
        let base = ["proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/cgroup.controllers": "memory\n"]
        let own = group("/a", max: "\(9000 * mebibyte)", current: 10 * mebibyte)
        try read(files(base, own)) { reader in
            #expect(reader.read().memory?.group == nil)
            #expect(reader.read().memory?.free == 8000 * mebibyte)
        }
    }

    @Test func `keeps to the mount in a container that sees its group as that`() throws {
        for path in ["/", "/../../docker/1234", "/docker/1234"] {
            let base = [
                "proc/self/cgroup": "0::\(path)\n", "sys/fs/cgroup/cgroup.controllers": "memory\n",
            ]
            let own = group("", max: "\(500 * mebibyte)", current: 400 * mebibyte, kills: 4)
            try read(files(base, own)) { reader in
                #expect(reader.read().memory?.free == 100 * mebibyte, "\(path)")
                #expect(reader.outOfMemoryKills() == 4)
            }
        }
    }

    @Test func `keeps to the limits of groups of the first version`() throws {
        let base = [
            "proc/self/cgroup": "5:cpu,memory:/job\n4:pids:/job\n1:name=systemd:/job\n0::/job\n",
            "sys/fs/cgroup/unified/cgroup.controllers": "\n",
        ]
        let place = "sys/fs/cgroup/memory"
        let group = [
            "\(place)/job/memory.limit_in_bytes": "\(600 * mebibyte)\n",
            "\(place)/job/memory.usage_in_bytes": "\(500 * mebibyte)\n",
            "\(place)/job/memory.stat": "inactive_file 1\ntotal_inactive_file \(50 * mebibyte)\n",
            "\(place)/job/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
            "\(place)/memory.limit_in_bytes": "9223372036854771712\n",
            "\(place)/memory.usage_in_bytes": "\(12000 * mebibyte)\n",
        ]
        try read(files(base, group)) { reader in
            let memory = reader.read().memory
            #expect(memory == .init(free: 150 * mebibyte, total: 600 * mebibyte, group: "/job"))
            #expect(reader.outOfMemoryKills() == 2)
        }
    }

    @Test func `tells each file system once`() throws {
        let root = NSTemporaryDirectory()
        let reader = MachineReader(places: [root, root + "/.", "/no/such/place"])
        let disks = reader.read().disks
        #expect(disks.count == 1)
        let disk = try #require(disks.first)
        #expect(disk.path == root && disk.free >= 0 && disk.total >= disk.free)
    }

    @Test func `can be read on this machine`() throws {
        let reading = MachineReader(places: ["/"]).read()
        let memory = try #require(reading.memory)
        #expect(memory.free > 0 && memory.free <= memory.total)
        #expect(reading.load != nil)
    }
}

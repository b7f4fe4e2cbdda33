extension Directory {
    /// True if only this machine writes to the directory's file system.
    ///
    /// The status of such files is what it says. That of files elsewhere may be a minute old (`nfs(5)`,
    /// `acregmax`), unless the file is opened. Unknown file systems count as elsewhere.
    package var isLocal: Bool {
        guard let bytes = RegularFile.contents("/proc/self/mountinfo", limit: 1 << 20) else {
            return false
        }
        let type = Self.fileSystem(of: identity.device, in: String(decoding: bytes, as: UTF8.self))
        return type.map(Self.localTypes.contains) ?? false
    }

    /// Types of file systems that one machine alone can write to.
    private static let localTypes: Set<String> = [
        "ext4", "xfs", "btrfs", "tmpfs", "overlay", "f2fs",
    ]

    /// Returns the type of the file system with a number; `nil` if it is not listed.
    ///
    /// Source: `proc_pid_mountinfo(5)`, and `makedev(3)` for the parts of the number.
    static func fileSystem(of device: UInt64, in mounts: String) -> String? {
        let major = (device >> 8) & 0xFFF | (device >> 32) & ~0xFFF
        let minor = device & 0xFF | (device >> 12) & ~0xFF
        for line in mounts.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 2, words[2] == "\(major):\(minor)",
                let end = words.firstIndex(of: "-"), end + 1 < words.count
            else { continue }
            return String(words[end + 1])
        }
        return nil
    }
}

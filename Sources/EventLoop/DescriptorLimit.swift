import Glibc

/// The limit on this process's open descriptors.
package enum DescriptorLimit {
    /// Raises the soft limit to the hard one, and returns the resulting limit; 0 if the system
    /// reports none.
    package static func raise() -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(7), &limit) == 0 else { return 0 }
        if limit.rlim_cur < limit.rlim_max {
            limit.rlim_cur = limit.rlim_max
            unsafe setrlimit(__rlimit_resource_t(7), &limit)
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// Number of open descriptors; 0 without `/proc`.
    package static var openCount: Int {
        guard let directory = unsafe opendir("/proc/self/fd") else { return 0 }
        defer { unsafe closedir(directory) }
        var count = 0
        while unsafe readdir(directory) != nil { count += 1 }
        // `.`, `..` and the directory itself.
        return count - 3
    }
}

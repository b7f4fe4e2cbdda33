import EventLoop
import Foundation
import RunStore
import Version

extension Version {
    /// The text of `quire --version`: the release and the commit, then a line for each component.
    static var report: String {
        let system = ProcessInfo.processInfo
        let kernel = system.operatingSystemVersion
        return """
            \(line)
            libuv \(Libuv.version)
            SQLite \(SQLite.version)
            Swift \(swift)
            \(system.operatingSystemVersionString), Linux \(kernel.majorVersion)\
            .\(kernel.minorVersion).\(kernel.patchVersion), \(architecture)
            """
    }

    /// The version of the linked Swift runtime; its third number is unknown to the runtime itself.
    private static var swift: String {
        _SwiftStdlibVersion.current.description.split(separator: ".").prefix(2)
            .joined(separator: ".")
    }

    private static var architecture: String {
        #if arch(x86_64)
        "x86_64"
        #elseif arch(arm64)
        "arm64"
        #else
        "another processor"
        #endif
    }
}

import CSpawn
import Glibc

/// The arguments of this program.
package enum ProgramArguments {
    /// All of argv, the program's name first; bytes that are no UTF-8 are replaced.
    ///
    /// `CommandLine.arguments` is empty where there is no `/proc`.
    package static var all: [String] { bytes.map { String(decoding: $0, as: UTF8.self) } }

    /// All of argv as it is.
    package static var bytes: [[UInt8]] {
        var count: Int32 = 0
        let words = unsafe cspawn_arguments(&count)
        return (0..<Int(count)).compactMap { index in
            unsafe words?[index].map { unsafe [UInt8](cString: $0) }
        }
    }
}

extension [UInt8] {
    /// The bytes of a C string, without the NUL at its end.
    init(cString: UnsafePointer<CChar>) {
        self = unsafe [UInt8](UnsafeRawBufferPointer(start: cString, count: strlen(cString)))
    }
}

import CSpawn

/// What this program was called with.
package enum ProgramArguments {
    /// All of argv, the program's name first.
    ///
    /// `CommandLine.arguments` is empty where there is no `/proc`.
    package static var all: [String] {
        var count: Int32 = 0
        let words = unsafe cspawn_arguments(&count)
        return (0..<Int(count)).compactMap { place in
            unsafe words?[place].map { unsafe String(cString: $0) }
        }
    }
}

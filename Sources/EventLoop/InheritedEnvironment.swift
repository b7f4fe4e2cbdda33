import Glibc

/// An environment as the system has it: bytes, in order, with names that occur twice and entries
/// without `=`.
///
/// Nothing of it is turned into text, so that all of it reaches a child unchanged.
package struct InheritedEnvironment: Hashable, Sendable {
    /// The entries one after another, each with a NUL at its end.
    private var bytes: [UInt8] = []
    /// Offset of each entry in `bytes`.
    private var starts: [Int] = []

    /// Makes an environment of `NAME=value` entries.
    package init(_ entries: some Sequence<some Sequence<UInt8>>) {
        for entry in entries {
            starts.append(bytes.count)
            bytes += entry
            bytes.append(0)
        }
    }

    /// An empty environment.
    package static var none: InheritedEnvironment { InheritedEnvironment([[UInt8]]()) }

    /// The environment of this process.
    package static var own: InheritedEnvironment {
        var entries: [[UInt8]] = []
        var next = unsafe environ
        while let entry = unsafe next.pointee {
            entries.append(unsafe [UInt8](cString: entry))
            unsafe next += 1
        }
        return InheritedEnvironment(entries)
    }

    /// The entries in order.
    package var entries: [ArraySlice<UInt8>] {
        starts.indices.map { index in
            let end = index + 1 < starts.count ? starts[index + 1] : bytes.count
            return bytes[starts[index]..<(end - 1)]
        }
    }

    /// The environment without any entry of these names.
    package func without(_ names: some Sequence<String>) -> InheritedEnvironment {
        let names = Set(names.map { ArraySlice($0.utf8) })
        return InheritedEnvironment(entries.filter { !names.contains(Self.name(of: $0)) })
    }

    /// The value that a program finds for a variable, which is the first one; `nil` where it is not
    /// set.
    package func value(_ variable: String) -> ArraySlice<UInt8>? {
        let name = ArraySlice(variable.utf8)
        return entries.first { Self.name(of: $0) == name && $0.count > name.count }?
            .dropFirst(name.count + 1)
    }

    /// The value as text, in which bytes that are no UTF-8 are replaced: not for a path.
    package func text(_ variable: String) -> String? {
        value(variable).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The directories of `PATH`, relative and empty entries taken from a directory; `nil` where the
    /// variable is not set.
    ///
    /// Without a directory, or with a `:` in its name, which no entry can have, these are left out.
    package func searchPath(from directory: [UInt8]) -> [[UInt8]]? {
        value("PATH")?.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            .compactMap { entry in
                if Self.isAbsolute(entry) { return Array(entry) }
                guard Self.isAbsolute(directory), !directory.contains(UInt8(ascii: ":")) else {
                    return nil
                }
                return entry.isEmpty ? directory : directory + Array("/".utf8) + entry
            }
    }

    /// The environment with the `PATH` of `searchPath(from:)`; unchanged where all of its entries are
    /// absolute.
    package func searching(from directory: [UInt8]) -> InheritedEnvironment {
        let name = Array("PATH".utf8)
        guard let path = value("PATH"), let entries = searchPath(from: directory),
            let index = self.entries.firstIndex(where: {
                Self.name(of: $0).elementsEqual(name) && $0.count > name.count
            })
        else { return self }
        let separator = [UInt8(ascii: ":")]
        let absolute = Array(entries.joined(separator: separator))
        guard !absolute.elementsEqual(path) else { return self }
        var all = self.entries
        all[index] = ArraySlice(name + Array("=".utf8) + absolute)
        return InheritedEnvironment(all)
    }

    private static func isAbsolute(_ path: some Collection<UInt8>) -> Bool {
        path.first == UInt8(ascii: "/")
    }

    /// The bytes before the `=`; all of an entry that has none.
    private static func name(of entry: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        entry.prefix { $0 != UInt8(ascii: "=") }
    }

    /// Calls `body` with the entries, and these besides, as a C array that ends with a null pointer.
    func withCStrings<Result>(
        adding others: [String],
        _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        unsafe bytes.withUnsafeBufferPointer { own in
            unsafe EventLoop.withCStrings(others, after: starts.count) { array in
                // What execve(2) takes is not declared constant, and left as it is.
                let base = unsafe UnsafeMutableRawPointer(mutating: own.baseAddress)?
                    .assumingMemoryBound(to: CChar.self)
                for (index, start) in starts.enumerated() {
                    unsafe array[index] = unsafe base?.advanced(by: start)
                }
                return unsafe body(array)
            }
        }
    }
}

/// Calls `body` with copies of the strings as a C array that ends with a null pointer; the first
/// `reserved` elements are null for the caller to fill.
func withCStrings<Result>(
    _ strings: [String],
    after reserved: Int = 0,
    _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    let count = reserved + strings.count + 1
    let array = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: count)
    unsafe array.initialize(repeating: nil, count: count)
    for (index, string) in strings.enumerated() {
        unsafe array[reserved + index] = unsafe strdup(string)
    }
    defer {
        for index in reserved..<count { unsafe free(array[index]) }
        unsafe array.deallocate()
    }
    return unsafe body(array)
}

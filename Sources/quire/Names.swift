import Application
import ArgumentParser
import EventLoop
import Foundation
import Glibc
import Reporting

/// Names that reach Quire as bytes and are handled as text.
///
/// A name that is not UTF-8 would become another name as text, so it is refused before it is used.
enum Names {
    /// Refuses arguments that are not UTF-8; the first, the program's own name, is not checked.
    ///
    /// - Throws: `Trouble` with status 64, or 1 for `quire task`.
    static func check(words: [[UInt8]]) throws {
        for (index, word) in words.enumerated().dropFirst() where text(word) == nil {
            throw Trouble(
                "argument \(index) is not UTF-8: \(escaped(word)); rename what it names, or "
                    + "write it in UTF-8",
                status: words.dropFirst().first == Array("task".utf8) ? 1 : ExitStatus.usage
            )
        }
    }

    /// Refuses a working directory, or a `QUIRE_STATE_DIR`, whose name is not UTF-8.
    ///
    /// - Throws: `Trouble` with status 69.
    static func checkPlaces() throws {
        try check(workingDirectory, "the working directory")
        let state = InheritedEnvironment.own.value("QUIRE_STATE_DIR")
        try check(state.map(Array.init), "QUIRE_STATE_DIR")
    }

    private static func check(_ path: [UInt8]?, _ what: String) throws {
        guard let path, text(path) == nil else { return }
        throw Trouble(
            "\(what) has a name that is not UTF-8: \(escaped(path)); rename the directory, or use "
                + "another one",
            status: ExitStatus.missing
        )
    }

    /// The path of the working directory; `nil` if it was removed.
    static var workingDirectory: [UInt8]? {
        guard let path = getcwd(nil, 0) else { return nil }
        defer { free(path) }
        return [UInt8](UnsafeRawBufferPointer(start: path, count: strlen(path)))
    }

    /// Returns a path that was given as an argument; as a transform of the parser's.
    ///
    /// An empty one would be the current directory, or a system error: mostly a variable of the shell was
    /// empty.
    static func path(given text: String) throws -> String {
        guard !text.isEmpty else {
            throw ValidationError(
                "the path is empty (a variable that is not set?); name one, or leave it out"
            )
        }
        return text
    }

    /// Returns the bytes as text; `nil` if they are not UTF-8.
    static func text(_ bytes: some Collection<UInt8>) -> String? {
        String(validating: bytes, as: UTF8.self)
    }

    /// Returns the bytes in quotes, with `\\xE9` for each that is not printable ASCII.
    static func escaped(_ bytes: some Sequence<UInt8>) -> String {
        let characters = bytes.map { byte in
            let isPlain = (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "\\")
            return isPlain
                ? String(UnicodeScalar(byte))
                : "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
        return "\"\(characters.joined())\""
    }
}

extension InheritedEnvironment {
    /// The environment for children: Quire's own, with relative entries of `PATH` made absolute, so that a
    /// child in another directory finds the same programs.
    static var handedOn: InheritedEnvironment { own.searching(from: Names.workingDirectory ?? []) }
}

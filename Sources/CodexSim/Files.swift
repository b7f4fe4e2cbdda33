import Glibc

/// The few file operations of the simulator.
enum Files {
    static func read(_ path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        return readAll(file)
    }

    /// Reads standard input to its end, even without `/dev/stdin`.
    static func readInput() -> String {
        guard let file = fdopen(0, "r") else { return "" }
        defer { fclose(file) }
        return readAll(file)
    }

    static func readAll(_ file: UnsafeMutablePointer<FILE>) -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { break }
            bytes.append(contentsOf: buffer[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Replaces a file atomically.
    @discardableResult
    static func write(_ text: String, to path: String) -> Bool {
        let temporary = path + ".\(getpid())"
        guard let file = fopen(temporary, "w") else { return false }
        fputs(text, file)
        guard fclose(file) == 0 else { return false }
        return rename(temporary, path) == 0
    }

    static func append(_ text: String, to path: String) {
        guard let file = fopen(path, "a") else { return }
        fputs(text, file)
        fclose(file)
    }

    static func makeDirectory(_ path: String) {
        var partial = ""
        for part in path.split(separator: "/") {
            partial += "/" + part
            mkdir(partial, 0o755)
        }
    }
}

extension Files {
    static func remove(_ path: String) { unlink(path) }
}

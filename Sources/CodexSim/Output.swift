import Glibc

/// Standard output, unbuffered: every event is one write, as in Codex.
enum Output {
    static func event(_ type: String, _ fields: String = "") {
        write(#"{"type":"\#(type)""# + (fields.isEmpty ? "" : "," + fields) + "}\n")
    }

    static func item(_ phase: String, _ number: Int, _ fields: String) {
        event("item.\(phase)", #""item":{"id":"item_\#(number)",\#(fields)}"#)
    }

    static func write(_ text: String, to descriptor: Int32 = 1) {
        write(Array(text.utf8)[...], to: descriptor)
    }

    static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32 = 1) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            // Codex exits if its output has no reader.
            if count < 0 { if errno == EINTR { continue } else { _exit(1) } }
            rest = rest.dropFirst(count)
        }
    }

    /// Returns a text for a string of JSON; its characters are visible ones.
    static func escaped(_ text: String) -> String {
        String(text.flatMap { "\\\"".contains($0) ? ["\\", $0] : [$0] })
    }

    /// Returns this many bytes of text that are one byte each in JSON.
    static func filler(_ count: Int) -> String { String(repeating: "o", count: count) }

    /// Writes an event with a line of about this many bytes.
    static func longLine(_ count: Int) {
        write(#"{"type":"item.completed","item":{"id":"item_long","type":"command_execution","#)
        write(#""command":"yes","aggregated_output":""#)
        let piece = [UInt8](repeating: UInt8(ascii: "y"), count: 64 * 1024)
        var left = count
        while left > 0 {
            write(piece[..<min(left, piece.count)])
            left -= piece.count
        }
        write("\",\"exit_code\":0,\"status\":\"completed\"}}\n")
    }

    /// Writes a message whose characters arrive in pieces.
    static func tornCharacters() {
        let line =
            #"{"type":"item.completed","item":{"id":"item_torn","type":"agent_message","text":"é😀"}}"#
        for byte in Array((line + "\n").utf8) {
            write([byte])
            usleep(200)
        }
    }
}

/// A key that a person pressed, or a text that was pasted.
package enum Key: Hashable, Sendable {
    /// A character, as the keyboard gave it.
    case character(Character)
    /// A text that was pasted, which means no keys.
    case paste(String)
    case enter, escape, tab, backspace
    case up, down, left, right
    case pageUp, pageDown, home, end
    /// Ctrl-L: draw everything anew.
    case redraw
    /// A key that means nothing here.
    case unknown
}

/// Decodes what a terminal sends into keys, in pieces of any size.
///
/// Sequences of ECMA-48 (`ESC [ … final`) and of the application mode (`ESC O x`) are decoded as xterm and the
/// Linux console send them; unknown ones are one unknown key each, and never letters. An escape character
/// alone is a key only once `flush` says that nothing followed it. A pasted text is cut after `longestPaste`.
package struct KeyDecoder: Sendable {
    /// The most bytes that are kept of a pasted text.
    package static let longestPaste = 64 * 1024
    /// The most bytes of a sequence; a longer one is no key.
    private static let longestSequence = 64

    private enum State: Sendable {
        case ground, escape, sequence, application, console, paste
        /// Within a string (`ESC ]`, `ESC P` …) that the terminal sends; true after an escape in it.
        case string(Bool)
    }

    private var state = State.ground
    private var bytes: [UInt8] = []
    /// The number of bytes that the character under way lacks.
    private var missing = 0
    /// True if a sequence was too long to be kept.
    private var isOverlong = false

    /// Makes a decoder at the beginning of the input.
    package init() {}

    /// True if an escape character waits for what follows it: call `flush` if nothing does.
    package var isWaiting: Bool {
        if case .escape = state { true } else { false }
    }

    /// Decodes the next bytes.
    package mutating func decode(_ input: some Sequence<UInt8>) -> [Key] {
        var keys: [Key] = []
        for byte in input {
            if let key = take(byte) { keys.append(key) }
            // A byte that ends a broken character belongs to what comes next.
            if let key = left { keys.append(key) }
            left = nil
        }
        return keys
    }

    /// Returns the key for an escape character that nothing followed; `nil` if none waits.
    package mutating func flush() -> Key? {
        guard isWaiting else { return nil }
        state = .ground
        return .escape
    }

    private var left: Key?

    private mutating func take(_ byte: UInt8) -> Key? {
        switch state {
        case .ground: return ground(byte)
        case .escape: return escaped(byte)
        case .sequence: return sequence(byte)
        case .application:
            state = .ground
            return Self.application(byte)
        case .console:
            state = .ground
            return .unknown
        case .paste: return pasted(byte)
        case .string(let isEscaped):
            if byte == 0x07 || isEscaped && byte == 0x5C {
                state = .ground
                return .unknown
            }
            state = .string(byte == 0x1B)
            return nil
        }
    }

    // MARK: - Characters

    private mutating func ground(_ byte: UInt8) -> Key? {
        if missing > 0 {
            guard byte & 0xC0 == 0x80 else {
                (missing, bytes) = (0, [])
                left = ground(byte)
                return .unknown
            }
            bytes.append(byte)
            missing -= 1
            return missing == 0 ? character() : nil
        }
        switch byte {
        case 0x1B:
            state = .escape
            return nil
        case 0x0D, 0x0A: return .enter
        case 0x09: return .tab
        case 0x08, 0x7F: return .backspace
        case 0x0C: return .redraw
        case 0x00..<0x20: return .unknown
        case 0x20..<0x7F: return .character(Character(Unicode.Scalar(byte)))
        case 0xC2..<0xE0: missing = 1
        case 0xE0..<0xF0: missing = 2
        case 0xF0..<0xF5: missing = 3
        default: return .unknown
        }
        bytes = [byte]
        return nil
    }

    private mutating func character() -> Key {
        let text = String(validating: bytes, as: UTF8.self)
        bytes = []
        guard let text, text.count == 1, let character = text.first,
            Sanitizer.isPlain(text.unicodeScalars[text.startIndex])
        else { return .unknown }
        return .character(character)
    }

    // MARK: - Sequences

    private mutating func escaped(_ byte: UInt8) -> Key? {
        state = .ground
        switch byte {
        case 0x1B:
            state = .escape
            return .escape
        case UInt8(ascii: "["):
            (state, bytes, isOverlong) = (.sequence, [], false)
            return nil
        case UInt8(ascii: "O"):
            state = .application
            return nil
        case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "^"),
            UInt8(ascii: "_"):
            state = .string(false)
            return nil
        // A key with Alt.
        default: return .unknown
        }
    }

    private mutating func sequence(_ byte: UInt8) -> Key? {
        switch byte {
        case 0x20..<0x40:
            isOverlong = isOverlong || bytes.count == Self.longestSequence
            if !isOverlong { bytes.append(byte) }
            return nil
        case 0x1B:
            // The one before was cut off.
            state = .escape
            return .unknown
        case UInt8(ascii: "[") where bytes.isEmpty:
            // The Linux console's function keys have a letter more.
            state = .console
            return nil
        default:
            state = .ground
            return isOverlong ? .unknown : named(byte)
        }
    }

    /// Returns the key of a sequence by its final byte and its first parameter.
    private mutating func named(_ final: UInt8) -> Key? {
        let first = bytes.prefix { (0x30..<0x3A).contains($0) }
        let number = Int(String(decoding: first, as: UTF8.self)) ?? 1
        guard final == UInt8(ascii: "~") else {
            // A report of a mouse ends with an M, too.
            return final == UInt8(ascii: "M") ? .unknown : Self.application(final)
        }
        switch number {
        case 1, 7: return .home
        case 4, 8: return .end
        case 5: return .pageUp
        case 6: return .pageDown
        case 200:
            (state, bytes) = (.paste, [])
            return nil
        default: return .unknown
        }
    }

    private static func application(_ final: UInt8) -> Key {
        switch final {
        case UInt8(ascii: "A"): .up
        case UInt8(ascii: "B"): .down
        case UInt8(ascii: "C"): .right
        case UInt8(ascii: "D"): .left
        case UInt8(ascii: "H"): .home
        case UInt8(ascii: "F"): .end
        case UInt8(ascii: "M"): .enter
        default: .unknown
        }
    }

    // MARK: - Pasting

    private static let endOfPaste = Array("\u{1B}[201~".utf8)

    private mutating func pasted(_ byte: UInt8) -> Key? {
        bytes.append(byte)
        if bytes.count > Self.longestPaste + 2 * Self.endOfPaste.count {
            // The end of the text is looked for in what comes; the middle is left out.
            let end = bytes.suffix(Self.endOfPaste.count)
            bytes.replaceSubrange(Self.longestPaste..., with: end)
        }
        guard byte == UInt8(ascii: "~"), bytes.suffix(Self.endOfPaste.count) == Self.endOfPaste[...]
        else { return nil }
        let text = bytes.dropLast(Self.endOfPaste.count).prefix(Self.longestPaste)
        (state, bytes) = (.ground, [])
        return .paste(String(decoding: text, as: UTF8.self))
    }
}

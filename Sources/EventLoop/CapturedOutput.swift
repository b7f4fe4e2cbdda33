/// The first and the last of a stream of any length, in bounded memory.
package struct CapturedOutput: Hashable, Sendable {
    /// Size kept of each end, in bytes.
    package static let keep = 64 * 1024

    /// The first 64 KiB.
    package private(set) var head: [UInt8] = []
    /// Byte count of the whole stream.
    package private(set) var total: Int64 = 0
    private var ring: [UInt8] = []
    private var next = 0

    /// Makes the capture of nothing.
    package init() {}

    /// The last 64 KiB of what came after the head.
    package var tail: [UInt8] {
        ring.count < Self.keep ? ring : Array(ring[next...] + ring[..<next])
    }

    /// The last 64 KiB of the whole, head included.
    package var end: [UInt8] {
        Array((head + tail).suffix(Self.keep))
    }

    mutating func append(_ bytes: Span<UInt8>) {
        total += Int64(bytes.count)
        var place = 0
        while place < bytes.count, head.count < Self.keep {
            head.append(bytes[place])
            place += 1
        }
        // Skip the bytes that later ones would overwrite.
        place = max(place, bytes.count - Self.keep)
        while place < bytes.count {
            keepInRing(bytes[place])
            place += 1
        }
    }

    private mutating func keepInRing(_ byte: UInt8) {
        if ring.count < Self.keep {
            ring.append(byte)
        } else {
            ring[next] = byte
            next = next + 1 == Self.keep ? 0 : next + 1
        }
    }
}

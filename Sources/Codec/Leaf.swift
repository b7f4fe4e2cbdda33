/// A value without parts, which every notation writes and reads by itself.
protocol Leaf: Codable {
    func write(to writer: any ValueWriter) throws
    init(_ reader: any ValueReader, at place: Int) throws
}

extension Bool: Leaf {
    func write(to writer: any ValueWriter) { writer.write(self) }
    init(_ reader: any ValueReader, at place: Int) throws { self = try reader.bool(at: place) }
}

extension String: Leaf {
    func write(to writer: any ValueWriter) { writer.write(self) }
    init(_ reader: any ValueReader, at place: Int) throws { self = try reader.string(at: place) }
}

extension Double: Leaf {
    func write(to writer: any ValueWriter) throws { try writer.write(self) }
    init(_ reader: any ValueReader, at place: Int) throws { self = try reader.double(at: place) }
}

extension FixedWidthInteger {
    func write(to writer: any ValueWriter) {
        if Self.isSigned { writer.write(Int64(self)) } else { writer.write(UInt64(self)) }
    }

    init(_ reader: any ValueReader, at place: Int) throws {
        let number =
            Self.isSigned
            ? Self(exactly: try reader.signed(at: place))
            : Self(exactly: try reader.unsigned(at: place))
        guard let number else { throw reader.damage("a number out of range", at: place) }
        self = number
    }
}

extension Int: Leaf {}
extension Int8: Leaf {}
extension Int16: Leaf {}
extension Int32: Leaf {}
extension Int64: Leaf {}
extension UInt: Leaf {}
extension UInt8: Leaf {}
extension UInt16: Leaf {}
extension UInt32: Leaf {}
extension UInt64: Leaf {}

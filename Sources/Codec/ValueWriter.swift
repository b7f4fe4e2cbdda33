/// A writer of values in one notation, such as the JSON of facts or the compact bytes of snapshots.
///
/// The containers are the same for all, and ask the writer for each field. Supported are structures,
/// arrays, dictionaries with text keys, numbers, text and truth values, and where a notation has them
/// enumerations with values.
package protocol ValueWriter: AnyObject, Encoder {
    /// The value that is being written.
    var frame: WriterFrame { get set }

    /// Writes a value of any type, and closes the object or array that the value opened.
    func write(value: some Encodable) throws
    /// Writes a truth value.
    func write(_ value: Bool)
    /// Writes a text.
    func write(_ text: String)
    /// Writes a number.
    ///
    /// - Throws: `EncodingError` for a number that the notation lacks.
    func write(_ number: Double) throws
    /// Writes a number.
    func write(_ number: Int64)
    /// Writes a number.
    func write(_ number: UInt64)
    /// Writes the absence of a value.
    func writeNil()
    /// Writes an array of bytes; returns false if the notation has arrays of numbers alone.
    func write(bytes: [UInt8]) -> Bool
    /// Begins a field.
    func write(key: String)
    /// Begins a field if it is present; its absence is written where the notation has that.
    func write(key: String, isPresent: Bool)
    /// Begins the fields of an enumeration's case, whose end is also that of the value.
    func openCase()
    /// Begins an element of an array.
    func writeElement()
    /// Begins an object or an array.
    func open(_ shape: WriterFrame.Shape)
    /// Ends a value of this shape.
    func close(_ shape: WriterFrame.Shape)
}

/// The shape of a value, and the number of its fields or elements so far.
package struct WriterFrame {
    /// The shape of a value; undecided for one that has written nothing.
    package enum Shape {
        case undecided, object, array, single
    }

    /// The shape.
    package var shape = Shape.undecided
    /// Number of fields or elements.
    package var count = 0

    /// Makes the frame of a value that begins.
    package init() {}
}

extension ValueWriter {
    /// Empty: nobody asks where a value stands.
    package var codingPath: [any CodingKey] { [] }
    /// Empty.
    package var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// Writes a value of any type, and closes the object or array that the value opened.
    package func write(value: some Encodable) throws {
        let outer = frame
        frame = WriterFrame()
        try value.encode(to: self)
        close(frame.shape)
        frame = outer
    }

    /// Begins a field only if it is present: most notations leave out the others.
    package func write(key: String, isPresent: Bool) {
        if isPresent { write(key: key) }
    }

    /// Refuses arrays of bytes: most notations write them as numbers.
    package func write(bytes: [UInt8]) -> Bool { false }

    /// Refuses cases with values: most notations have none.
    package func openCase() { unsupported() }

    /// Returns the container of an object.
    package func container<Key: CodingKey>(
        keyedBy type: Key.Type
    ) -> KeyedEncodingContainer<Key> {
        become(.object)
        return KeyedEncodingContainer(EncodedFields<Key>(writer: self))
    }

    /// Returns the container of an array.
    package func unkeyedContainer() -> any UnkeyedEncodingContainer {
        become(.array)
        return EncodedElements(writer: self)
    }

    /// Returns the container of a single value.
    package func singleValueContainer() -> any SingleValueEncodingContainer {
        frame.shape = .single
        return EncodedSingle(writer: self)
    }

    /// Opens an object or array, once: a fact writes its name and then its fields into one object.
    private func become(_ shape: WriterFrame.Shape) {
        if frame.shape == shape { return }
        frame.shape = shape
        open(shape)
    }
}

private struct EncodedFields<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let writer: any ValueWriter
    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) {
        writer.write(key: key.stringValue)
        writer.writeNil()
    }

    func encode(_ value: some Leaf, forKey key: Key) throws {
        writer.write(key: key.stringValue)
        try value.write(to: writer)
    }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        writer.write(key: key.stringValue)
        // Compares the types first: an empty array of any type can be cast to one of bytes.
        if Value.self == [UInt8].self, let bytes = value as? [UInt8], writer.write(bytes: bytes) {
            return
        }
        try writer.write(value: value)
    }

    // For each type that is listed here, the standard library's version would omit what is absent.
    func encodeIfPresent(_ value: Bool?, forKey key: Key) throws { try write(value, key) }
    func encodeIfPresent(_ value: String?, forKey key: Key) throws { try write(value, key) }
    func encodeIfPresent(_ value: Double?, forKey key: Key) throws { try write(value, key) }
    func encodeIfPresent(_ value: Int?, forKey key: Key) throws { try write(value, key) }
    func encodeIfPresent(_ value: Int32?, forKey key: Key) throws { try write(value, key) }
    func encodeIfPresent(_ value: Int64?, forKey key: Key) throws { try write(value, key) }

    func encodeIfPresent(_ value: (some Encodable)?, forKey key: Key) throws {
        writer.write(key: key.stringValue, isPresent: value != nil)
        if let value { try writer.write(value: value) }
    }

    private func write(_ value: (some Leaf)?, _ key: Key) throws {
        writer.write(key: key.stringValue, isPresent: value != nil)
        try value?.write(to: writer)
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
        writer.write(key: key.stringValue)
        writer.openCase()
        return KeyedEncodingContainer(EncodedFields<Nested>(writer: writer))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { unsupported() }
    func superEncoder() -> any Encoder { unsupported() }
    func superEncoder(forKey key: Key) -> any Encoder { unsupported() }
}

private struct EncodedElements: UnkeyedEncodingContainer {
    let writer: any ValueWriter
    var codingPath: [any CodingKey] { [] }
    var count: Int { writer.frame.count }

    func encode(_ value: some Encodable) throws {
        writer.writeElement()
        try writer.write(value: value)
    }

    func encodeNil() { unsupported() }
    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) -> KeyedEncodingContainer<Nested> { unsupported() }
    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { unsupported() }
    func superEncoder() -> any Encoder { unsupported() }
}

private struct EncodedSingle: SingleValueEncodingContainer {
    let writer: any ValueWriter
    var codingPath: [any CodingKey] { [] }

    func encodeNil() { writer.writeNil() }
    func encode(_ value: some Leaf) throws { try value.write(to: writer) }
    func encode(_ value: Float) throws { try writer.write(Double(value)) }
    func encode(_ value: some Encodable) throws { try writer.write(value: value) }
}

private func unsupported() -> Never {
    preconditionFailure("no value that is written has such containers [this is a bug]")
}

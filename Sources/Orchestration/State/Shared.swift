/// A value that copies share in memory until one of them is changed.
///
/// For parts that many tasks have in common, or few have at all: a task without differences costs
/// one reference.
struct Shared<Value: Hashable & Sendable>: Hashable, Sendable {
    private final class Storage: Sendable {
        let value: Value

        init(_ value: Value) { self.value = value }
    }

    private var storage: Storage

    /// Makes a value that is not shared yet.
    init(_ value: Value) { storage = Storage(value) }

    /// The value; changing it leaves the copies as they are.
    var value: Value { storage.value }

    /// Returns true if both values are the same in memory.
    func isSame(as other: Shared) -> Bool { storage === other.storage }

    /// Changes one part of the value, unless the part is equal already.
    ///
    /// Inlined, so that a key path costs what its property costs.
    @inline(__always)
    mutating func set<Part: Equatable>(_ part: WritableKeyPath<Value, Part>, to new: Part) {
        guard storage.value[keyPath: part] != new else { return }
        var value = storage.value
        value[keyPath: part] = new
        storage = Storage(value)
    }

    static func == (left: Shared, right: Shared) -> Bool {
        left.storage === right.storage || left.storage.value == right.storage.value
    }

    func hash(into hasher: inout Hasher) { hasher.combine(storage.value) }
}

/// Finds values that are equal, so that they are kept once.
package struct Sharing<Value: Hashable & Sendable> {
    private var known: [Value: Shared<Value>] = [:]
    private var last: Shared<Value>?

    /// Makes a search that knows no value yet.
    package init() {}

    /// Returns the first of the given values that is equal to this one.
    mutating func first(of value: Shared<Value>) -> Shared<Value> {
        // Neighbours in a manifest are mostly alike.
        if let last, last == value { return last }
        let first = known[value.value] ?? value
        known[value.value] = first
        last = first
        return first
    }
}

/// A value that copies share in memory until one of them is changed.
///
/// For what many tasks have in common, or few have at all: a task that differs in nothing costs a
/// reference.
struct Shared<Value: Hashable & Sendable>: Hashable, Sendable {
    private final class Storage: Sendable {
        let value: Value

        init(_ value: Value) { self.value = value }
    }

    private var storage: Storage

    /// Makes a value that nothing shares yet.
    init(_ value: Value) { storage = Storage(value) }

    /// The value; setting another one leaves copies as they are.
    var value: Value { storage.value }

    /// Changes one part of the value, unless it is so already.
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
struct Sharing<Value: Hashable & Sendable> {
    private var known: [Value: Shared<Value>] = [:]
    private var last: Shared<Value>?

    /// The first value that was given and is equal to this one.
    mutating func first(of value: Shared<Value>) -> Shared<Value> {
        // Neighbours in a manifest are mostly alike.
        if let last, last == value { return last }
        let first = known[value.value] ?? value
        known[value.value] = first
        last = first
        return first
    }
}

/// A binary min-heap; elements that compare equal leave in no particular order.
///
/// Public, so that other modules can specialize it: a simulated batch of a million tasks uses a
/// heap of its own twice for each session.
public struct BinaryHeap<Element: Comparable & Hashable & Sendable>: Hashable, Sendable {
    @usableFromInline var elements: [Element] = []

    /// Makes an empty heap.
    @inlinable public init() {}

    /// The least element.
    @inlinable public var first: Element? { elements.first }

    /// True if the heap has no elements.
    @inlinable public var isEmpty: Bool { elements.isEmpty }

    /// Adds an element.
    @inlinable public mutating func push(_ element: Element) {
        elements.append(element)
        var child = elements.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard elements[child] < elements[parent] else { return }
            elements.swapAt(child, parent)
            child = parent
        }
    }

    /// Removes and returns the least element; `nil` if the heap is empty.
    @inlinable public mutating func pop() -> Element? {
        guard let last = elements.popLast() else { return nil }
        guard let least = elements.first else { return last }
        elements[0] = last
        siftDown()
        return least
    }

    @inlinable mutating func siftDown() {
        var parent = 0
        while 2 * parent + 1 < elements.count {
            var least = 2 * parent + 1
            if least + 1 < elements.count, elements[least + 1] < elements[least] { least += 1 }
            guard elements[least] < elements[parent] else { return }
            elements.swapAt(parent, least)
            parent = least
        }
    }
}

extension BinaryHeap: Codable where Element: Codable {}

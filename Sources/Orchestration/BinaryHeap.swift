/// A binary min-heap; elements that compare equal leave in no particular order.
package struct BinaryHeap<Element: Comparable & Hashable & Sendable>: Hashable, Sendable {
    private var elements: [Element] = []

    /// Makes an empty heap.
    package init() {}

    /// The least element.
    package var first: Element? { elements.first }

    /// Whether it has no elements.
    package var isEmpty: Bool { elements.isEmpty }

    /// Adds an element.
    package mutating func push(_ element: Element) {
        elements.append(element)
        var child = elements.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard elements[child] < elements[parent] else { return }
            elements.swapAt(child, parent)
            child = parent
        }
    }

    /// Removes the least element; `nil` where there is none.
    package mutating func pop() -> Element? {
        guard let last = elements.popLast() else { return nil }
        guard let least = elements.first else { return last }
        elements[0] = last
        siftDown()
        return least
    }

    private mutating func siftDown() {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < elements.count && elements[child] < elements[least] {
                least = child
            }
            if least == parent { return }
            elements.swapAt(parent, least)
            parent = least
        }
    }
}

extension BinaryHeap: Codable where Element: Codable {}

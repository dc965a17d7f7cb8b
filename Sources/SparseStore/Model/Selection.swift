/// Finds the k-th largest number by partial sorting (Hoare's quickselect).
enum Selection {
    /// Returns the `rank`-th largest element, with rank 1 being the largest. Reorders the elements.
    ///
    /// - Parameter rank: A rank in 1...count.
    static func largest<Element: Comparable>(_ rank: Int, of elements: UnsafeMutableBufferPointer<Element>) -> Element {
        var low = 0
        var high = elements.count - 1
        let target = rank - 1
        while low < high {
            let pivot = median(elements[low], elements[(low + high) / 2], elements[high])
            var left = low
            var right = high
            while left <= right {
                while elements[left] > pivot { left += 1 }
                while elements[right] < pivot { right -= 1 }
                if left <= right {
                    elements.swapAt(left, right)
                    left += 1
                    right -= 1
                }
            }
            if target <= right { high = right } else if target >= left { low = left } else { break }
        }
        return elements[target]
    }

    private static func median<Element: Comparable>(_ a: Element, _ b: Element, _ c: Element) -> Element {
        max(min(a, b), min(max(a, b), c))
    }
}

/// A heap of the `capacity` largest values that were inserted, with the smallest of them on top.
struct BoundedMinimumHeap<Value: Comparable> {
    private let capacity: Int
    private let least: Value
    /// The values in heap order.
    private(set) var values: [Value] = []

    /// - Parameter least: The value of `minimum` while the heap is empty.
    init(capacity: Int, least: Value) {
        self.capacity = capacity
        self.least = least
        values.reserveCapacity(min(capacity, 1_024))
    }

    var isFull: Bool { values.count == capacity }

    /// The smallest kept value.
    var minimum: Value { values.first ?? least }

    mutating func insert(_ value: Value) {
        if values.count < capacity {
            values.append(value)
            var child = values.count - 1
            while child > 0, values[child] < values[(child - 1) / 2] {
                values.swapAt(child, (child - 1) / 2)
                child = (child - 1) / 2
            }
        } else if value > minimum {
            values[0] = value
            var parent = 0
            while true {
                let left = 2 * parent + 1
                guard left < values.count else { return }
                let right = left + 1
                let least = right < values.count && values[right] < values[left] ? right : left
                guard values[least] < values[parent] else { return }
                values.swapAt(parent, least)
                parent = least
            }
        }
    }
}

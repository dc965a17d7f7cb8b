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

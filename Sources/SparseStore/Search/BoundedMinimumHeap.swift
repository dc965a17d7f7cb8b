/// The largest `capacity` of the values it was given, the smallest of them on top.
struct BoundedMinimumHeap<Value: Comparable> {
    private let capacity: Int
    private let least: Value
    /// In the order of the heap.
    private(set) var values: [Value] = []

    /// - Parameter least: what `minimum` is while there is no value.
    init(capacity: Int, least: Value) {
        self.capacity = capacity
        self.least = least
        values.reserveCapacity(min(capacity, 1_024))
    }

    var isFull: Bool { values.count == capacity }

    /// The smallest value kept.
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

/// A heap of the `capacity` largest values that were inserted, with the smallest of them on top.
///
/// A parent has four children, which are compared in pairs. With a thousand values, a value sinks through five levels
/// instead of ten, with fewer mispredicted branches.
struct BoundedMinimumHeap<Value: Comparable> {
    private let capacity: Int
    private let least: Value
    /// The values in heap order.
    private(set) var values: [Value] = []

    /// - Parameters:
    ///   - capacity: At least 1.
    ///   - least: The value of `minimum` while the heap is empty.
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
            values.withUnsafeMutableBufferPointer { Self.raiseLast(of: $0) }
        } else if value > minimum {
            values.withUnsafeMutableBufferPointer { Self.sink(value, in: $0) }
        }
    }

    private static var arity: Int { 4 }

    private static func raiseLast(of heap: UnsafeMutableBufferPointer<Value>) {
        var hole = heap.count - 1
        let value = heap[hole]
        while hole > 0 {
            let parent = (hole - 1) / arity
            guard value < heap[parent] else { break }
            heap[hole] = heap[parent]
            hole = parent
        }
        heap[hole] = value
    }

    /// Replaces the smallest value.
    private static func sink(_ value: Value, in heap: UnsafeMutableBufferPointer<Value>) {
        var hole = 0
        while let child = leastChild(of: hole, in: heap), heap[child] < value {
            heap[hole] = heap[child]
            hole = child
        }
        heap[hole] = value
    }

    private static func leastChild(of parent: Int, in heap: UnsafeMutableBufferPointer<Value>) -> Int? {
        let first = arity * parent + 1
        guard first + arity <= heap.count else {
            return (first..<max(first, heap.count)).min { heap[$0] < heap[$1] }
        }
        let left = heap[first + 1] < heap[first] ? first + 1 : first
        let right = heap[first + 3] < heap[first + 2] ? first + 3 : first + 2
        return heap[right] < heap[left] ? right : left
    }
}

/// Set operations. Both operands must have the same `count`.
extension Bitmap {
    /// Creates a set of all integers below `count`.
    init(allBelow count: Int) {
        self.init(count: count)
        formComplement()
    }

    /// Adds the integers of the other set.
    mutating func formUnion(_ other: Bitmap) { combine(other) { $0 | $1 } }

    /// Keeps only integers that are also in the other set.
    mutating func formIntersection(_ other: Bitmap) { combine(other) { $0 & $1 } }

    /// Removes the integers of the other set.
    mutating func subtract(_ other: Bitmap) { combine(other) { $0 & ~$1 } }

    /// Calls `body` with each integer in ascending order.
    func forEach(_ body: (Int) throws -> Void) rethrows {
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                try body(index << 6 + rest.trailingZeroBitCount)
                rest &= rest &- 1
            }
        }
    }

    /// Whether the set is empty.
    var isEmpty: Bool { words.allSatisfy { $0 == 0 } }
}

/// The algebra of sets. Two operands have the same `count`.
extension Bitmap {
    /// Every integer that it may hold.
    init(allBelow count: Int) {
        self.init(count: count)
        formComplement()
    }

    /// Adds the integers of the other.
    mutating func formUnion(_ other: Bitmap) { combine(other) { $0 | $1 } }

    /// Keeps those that the other holds too.
    mutating func formIntersection(_ other: Bitmap) { combine(other) { $0 & $1 } }

    /// Takes out those that the other holds.
    mutating func subtract(_ other: Bitmap) { combine(other) { $0 & ~$1 } }

    /// Calls `body` with each integer, ascending.
    func forEach(_ body: (Int) throws -> Void) rethrows {
        for (index, word) in words.enumerated() {
            var rest = word
            while rest != 0 {
                try body(index << 6 + rest.trailingZeroBitCount)
                rest &= rest &- 1
            }
        }
    }

    /// Whether it holds nothing.
    var isEmpty: Bool { words.allSatisfy { $0 == 0 } }
}

/// A fixed-size set of small integers, one bit each. Bits past `count` are 0.
struct Bitmap: Sendable, Hashable {
    /// The upper bound of the integers, which are in 0..<count.
    let count: Int
    private(set) var words: [UInt64]

    init(count: Int) {
        self.count = count
        words = [UInt64](repeating: 0, count: (count + 63) / 64)
    }

    /// - Parameter words: At least as many words as `count` integers need. Bits past `count` are ignored.
    init(count: Int, words: UnsafeBufferPointer<UInt64>) {
        self.count = count
        self.words = Array(words.prefix((count + 63) / 64))
        if count & 63 != 0, !self.words.isEmpty {
            self.words[self.words.count - 1] &= UInt64(1) << UInt64(count & 63) &- 1
        }
    }

    /// The number of integers in the set.
    var population: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    func contains(_ index: Int) -> Bool { words[index >> 6] & (1 << UInt64(index & 63)) != 0 }

    mutating func remove(_ index: Int) { words[index >> 6] &= ~(1 << UInt64(index & 63)) }

    /// Adds the integers of a word, in which bit `b` represents `64 * word + b`. Bits past `count` must be 0.
    mutating func insert(word: Int, bits: UInt64) { words[word] |= bits }

    mutating func insert(_ index: Int) { words[index >> 6] |= 1 << UInt64(index & 63) }

    /// Adds the integers of a little-endian bitmap whose first bit represents `first`, a multiple of 64. Bits past
    /// `count` are ignored.
    mutating func insert(bytes: [UInt8], at first: Int) {
        for (index, byte) in bytes.enumerated() where byte != 0 {
            let bit = first + index * 8
            let kept = min(8, count - bit)
            guard kept > 0 else { return }
            words[bit >> 6] |= (UInt64(byte) & (UInt64(1) << UInt64(kept) &- 1)) << UInt64(bit & 63)
        }
    }

    /// Adds the integers of a little-endian bitmap of (count + 7) / 8 bytes without bits past `count`.
    mutating func insert(bytes: UnsafeRawBufferPointer) {
        let whole = min(words.count, bytes.count / 8)
        for index in 0..<whole {
            words[index] |= UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
        }
        for index in whole * 8..<bytes.count { words[index >> 3] |= UInt64(bytes[index]) << UInt64(8 * (index & 7)) }
    }

    /// Adds integers stored as little-endian u16, each below `count`.
    mutating func insert(ordinals: UnsafeRawBufferPointer) {
        for offset in stride(from: 0, to: ordinals.count & ~1, by: 2) {
            insert(Int(UInt16(littleEndian: ordinals.loadUnaligned(fromByteOffset: offset, as: UInt16.self))))
        }
    }

    /// Replaces the set with its complement.
    mutating func formComplement() {
        for index in words.indices { words[index] = ~words[index] }
        if count & 63 != 0 { words[words.count - 1] &= UInt64(1) << UInt64(count & 63) &- 1 }
    }

    /// Combines each word with the other set's word at the same position. Both sets must have the same `count`.
    mutating func combine(_ other: Bitmap, _ operation: (UInt64, UInt64) -> UInt64) {
        for index in words.indices { words[index] = operation(words[index], other.words[index]) }
    }
}

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

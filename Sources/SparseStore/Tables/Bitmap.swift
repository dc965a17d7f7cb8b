/// A fixed-size set of small integers, one bit each.
struct Bitmap: Sendable, Hashable {
    /// How many integers it may hold: 0..<count.
    let count: Int
    private(set) var words: [UInt64]

    init(count: Int) {
        self.count = count
        words = [UInt64](repeating: 0, count: (count + 63) / 64)
    }

    /// How many integers it holds.
    var population: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    func contains(_ index: Int) -> Bool { words[index >> 6] & (1 << UInt64(index & 63)) != 0 }

    mutating func insert(_ index: Int) { words[index >> 6] |= 1 << UInt64(index & 63) }

    /// Adds the integers of a little-endian bitmap whose first bit stands for `first`, a multiple of 64. Bits past
    /// `count` are ignored.
    mutating func insert(bytes: [UInt8], at first: Int) {
        for (index, byte) in bytes.enumerated() where byte != 0 {
            let bit = first + index * 8
            let kept = min(8, count - bit)
            guard kept > 0 else { return }
            words[bit >> 6] |= (UInt64(byte) & (UInt64(1) << UInt64(kept) &- 1)) << UInt64(bit & 63)
        }
    }
}

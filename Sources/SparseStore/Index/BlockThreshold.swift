/// Computes the least weight of a posting that a block index keeps. This is Seismic's global threshold, under which a
/// frequent strong term has a long list and a weak one a short list.
struct BlockThreshold {
    /// The number of bits of a weight's bin: its exponent and the first bits of its fraction, which preserve the order
    /// of weights.
    private static let bits: UInt32 = 12
    private var counts = [UInt64](repeating: 0, count: 1 << (32 - 1 - Int(bits)))

    mutating func add(_ weight: Float) { counts[Int(weight.bitPattern >> Self.bits)] += 1 }

    /// Returns the weight that about `count` of the added weights reach.
    func least(keeping count: UInt64) -> Float {
        var kept: UInt64 = 0
        for bin in counts.indices.reversed() where counts[bin] > 0 {
            kept += counts[bin]
            if kept >= count { return Float(bitPattern: UInt32(bin) << Self.bits) }
        }
        return 0
    }
}

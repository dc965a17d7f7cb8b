/// The loop that takes documents out of a window's sums. One of the files that use pointers without checks: a window's
/// bitmap has at most 1,024 words, one for 64 of the 65,536 accumulators.
extension WindowKernels {
    /// Makes the accumulators of documents that are not in the bitmap 0, as if they had no posting.
    static func keep(_ allowed: Bitmap, _ accumulators: UnsafeMutablePointer<UInt16>) {
        let bits = Lanes(1, 2, 4, 8, 16, 32, 64, 128)
        for (index, word) in allowed.words.enumerated() where word != .max {
            let first = accumulators + index * 64
            if word == 0 {
                first.update(repeating: 0, count: 64)
                continue
            }
            let lanes = UnsafeMutableRawPointer(first)
            for step in 0..<8 {
                let byte = Lanes(repeating: UInt16(truncatingIfNeeded: word &>> UInt64(8 * step)) & 0xFF)
                // All ones where the bit is set: 0 less whether it is.
                let mask = Lanes(repeating: 0) &- pointwiseMin(byte & bits, Lanes(repeating: 1))
                let sums = lanes.load(fromByteOffset: 16 * step, as: Lanes.self)
                lanes.storeBytes(of: sums & mask, toByteOffset: 16 * step, as: Lanes.self)
            }
        }
    }
}

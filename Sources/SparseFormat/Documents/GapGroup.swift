/// Four varints of one or two bytes each, taken from eight bytes without a branch.
///
/// Whether a gap takes one byte or two is hard to foresee for a processor; a wrong guess costs more than all of this.
/// Where each varint ends is found first, from the bits that say so, because the next group waits for nothing else.
/// The four values then stand in the four 16-bit lanes of one word.
struct GapGroup {
    /// Lane i holds the sum of the first i + 1 gaps; four gaps below 2^14 stay below 2^16.
    private let sums: UInt64
    /// Bytes that the four take, 4...8.
    let length: Int
    /// Whether each gap is at least one and in its shortest form.
    let isCanonical: Bool

    /// Nil when the eight bytes, the first in the lowest place, hold a varint of three bytes or more.
    @inline(__always)
    init?(_ bytes: UInt64) {
        let word = UInt64(littleEndian: bytes)
        let more = word & 0x8080_8080_8080_8080
        guard more & (more &>> 8) == 0 else { return nil }
        // One bit for each byte that ends a varint: at least four, as no two bytes side by side lack it.
        let ends0 = more ^ 0x8080_8080_8080_8080
        let ends1 = ends0 & (ends0 &- 1)
        let ends2 = ends1 & (ends1 &- 1)
        let ends3 = ends2 & (ends2 &- 1)
        length = (ends3.trailingZeroBitCount &+ 1) &>> 3
        let lanes =
            word & 0xFFFF | (Self.after(word, ends0) & 0xFFFF) &<< 16 | (Self.after(word, ends1) & 0xFFFF) &<< 32
            | Self.after(word, ends2) &<< 48
        let long = (lanes &>> 7) & 0x0001_0001_0001_0001
        // The second byte's seven bits where there is a second byte: 0x3F80 is 2^14 - 2^7.
        let gaps = lanes & 0x007F_007F_007F_007F | (lanes &>> 1) & (long &<< 14 &- long &<< 7)
        // One byte says 1 or more, two say 128 or more; what is less takes the lane's highest bit.
        let least = 0x0001_0001_0001_0001 &+ (long &<< 7 &- long)
        isCanonical = ((gaps | 0x8000_8000_8000_8000) &- least) & 0x8000_8000_8000_8000 == 0x8000_8000_8000_8000
        sums = gaps &* 0x0001_0001_0001_0001
    }

    /// The sum of all four gaps.
    @inline(__always)
    var sum: UInt64 { sums &>> 48 }

    /// The sum of the first `index + 1` gaps.
    @inline(__always)
    func sum(_ index: UInt64) -> UInt64 {
        (sums &>> (16 &* index)) & 0xFFFF
    }

    /// What follows the byte with the lowest of the bits.
    @inline(__always)
    private static func after(_ word: UInt64, _ ends: UInt64) -> UInt64 {
        (word &>> UInt64(truncatingIfNeeded: ends.trailingZeroBitCount)) &>> 1
    }
}

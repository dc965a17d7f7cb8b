/// Decodes four varints of one or two bytes each from eight bytes without branches.
///
/// Whether a gap takes one byte or two is hard to predict, and a misprediction costs more than this code. The end of
/// each varint is found first, from the continuation bits, because the next group depends only on that. The four values
/// are then in the four 16-bit lanes of one word.
struct GapGroup {
    /// Lane i is the sum of the first i + 1 gaps; four gaps below 2^14 stay below 2^16.
    private let sums: UInt64
    /// The number of bytes of the four varints, 4...8.
    let length: Int
    /// Whether each gap is at least one and has its shortest form.
    let isCanonical: Bool

    /// Returns nil if the eight bytes, with the first in the lowest position, have a varint of three bytes or more.
    @inline(__always)
    init?(_ bytes: UInt64) {
        let word = UInt64(littleEndian: bytes)
        let more = word & 0x8080_8080_8080_8080
        guard more & (more &>> 8) == 0 else { return nil }
        // One bit for each byte that ends a varint. There are at least four, because no two adjacent bytes lack the
        // bit.
        let ends0 = more ^ 0x8080_8080_8080_8080
        let ends1 = ends0 & (ends0 &- 1)
        let ends2 = ends1 & (ends1 &- 1)
        let ends3 = ends2 & (ends2 &- 1)
        length = (ends3.trailingZeroBitCount &+ 1) &>> 3
        let lanes =
            word & 0xFFFF | (Self.after(word, ends0) & 0xFFFF) &<< 16 | (Self.after(word, ends1) & 0xFFFF) &<< 32
            | Self.after(word, ends2) &<< 48
        let long = (lanes &>> 7) & 0x0001_0001_0001_0001
        // The seven bits of the second byte, if there is one: 0x3F80 is 2^14 - 2^7.
        let gaps = lanes & 0x007F_007F_007F_007F | (lanes &>> 1) & (long &<< 14 &- long &<< 7)
        // One byte must have a value of 1 or more, two bytes 128 or more; a smaller value borrows from the lane's
        // highest bit.
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

    /// The bits after the byte with the lowest set bit.
    @inline(__always)
    private static func after(_ word: UInt64, _ ends: UInt64) -> UInt64 {
        (word &>> UInt64(truncatingIfNeeded: ends.trailingZeroBitCount)) &>> 1
    }
}

/// A vector: weights in ascending order of their terms, f32 in the plain form, f16 in the half form; then a varint for
/// the first term, then a varint for the gap to each next one.
/// This file uses pointers: `init` checks that the weights exist. The varints are checked against the end while they
/// are read, because their number does not determine their length.
struct VectorSection {
    private let weights: UnsafeRawPointer
    private let gaps: UnsafeRawPointer
    private let end: UnsafeRawPointer
    let count: Int
    private let isHalf: Bool

    /// The possible lengths of a section with the given number of terms.
    static func lengths(termCount: Int, isHalf: Bool = false) -> ClosedRange<Int> {
        (isHalf ? 3 : 5) * termCount...(isHalf ? 7 : 9) * termCount
    }

    init(_ bytes: UnsafeRawBufferPointer, termCount: Int, isHalf: Bool = false) throws(FormatError) {
        guard let base = bytes.baseAddress, Self.lengths(termCount: termCount, isHalf: isHalf).contains(bytes.count)
        else { throw FormatError(.sectionLengths) }
        count = termCount
        self.isHalf = isHalf
        weights = base
        gaps = base + (isHalf ? 2 : 4) * termCount
        end = base + bytes.count
    }

    /// Whether half precision represents each of the weights exactly.
    static func fitsHalf(_ vector: SparseVector) -> Bool {
        vector.weights.allSatisfy { $0 <= largestHalf && HalfFloat.float(HalfFloat.bits($0)) == $0 }
    }

    private static let largestHalf: Float = 65_504

    static func encode(_ vector: SparseVector, isHalf: Bool, into writer: inout ByteWriter) {
        if isHalf {
            for weight in vector.weights { writer.u16(HalfFloat.bits(weight)) }
        } else {
            writer.f32s(vector.weights)
        }
        var previous: TermID = 0
        for term in vector.terms {
            writer.varint(term &- previous)
            previous = term
        }
    }

    /// Returns the vector after checking each rule.
    func vector() throws(FormatError) -> SparseVector {
        var terms: [TermID] = []
        var weights: [Float] = []
        terms.reserveCapacity(count)
        weights.reserveCapacity(count)
        try forEach {
            terms.append($0)
            weights.append($1)
        }
        // The bits of infinity and NaN would be numbers above the largest half.
        guard weights.allSatisfy(Limits.weights.contains), !isHalf || weights.allSatisfy({ $0 <= Self.largestHalf })
        else { throw FormatError(.weightInRange) }
        return SparseVector(uncheckedTerms: terms, weights: weights)
    }

    /// Calls the closure for each component in ascending order. Weights are passed without checks.
    func forEach(_ body: (TermID, Float) -> Void) throws(FormatError) {
        var position = gaps
        var term: UInt64 = 0
        for index in 0..<count {
            let gap = try Self.varint(&position, end)
            term &+= UInt64(gap)
            guard gap != 0 || index == 0, term <= UInt64(UInt32.max) else { throw Self.damage(.termsAscend) }
            body(TermID(truncatingIfNeeded: term), weight(index))
        }
        guard position == end else { throw Self.damage(.sectionLengths) }
    }

    /// Returns the sum of weight times table entry over the terms below the limit, in ascending order.
    func score(_ table: UnsafePointer<Float>, termLimit: UInt32) throws(FormatError) -> Float {
        guard count > 0 else { return 0 }
        var position = gaps
        var term = UInt64(try Self.varint(&position, end))
        let limit = UInt64(termLimit)
        guard term < limit else { return 0 }
        var sum = weight(0) * table[Int(truncatingIfNeeded: term)]
        var index = 1
        while index < count {
            if count &- index >= 4, end - position >= 8,
                let group = GapGroup(position.loadUnaligned(as: UInt64.self)), term &+ group.sum < limit
            {
                guard group.isCanonical else { throw Self.damage(.termsAscend) }
                sum += weight(index) * table[Int(truncatingIfNeeded: term &+ group.sum(0))]
                sum += weight(index &+ 1) * table[Int(truncatingIfNeeded: term &+ group.sum(1))]
                sum += weight(index &+ 2) * table[Int(truncatingIfNeeded: term &+ group.sum(2))]
                term &+= group.sum
                sum += weight(index &+ 3) * table[Int(truncatingIfNeeded: term)]
                position += group.length
                index &+= 4
                continue
            }
            let gap = try Self.varint(&position, end)
            guard gap != 0 else { throw Self.damage(.termsAscend) }
            term &+= UInt64(gap)
            guard term < limit else { break }
            sum += weight(index) * table[Int(truncatingIfNeeded: term)]
            index &+= 1
        }
        guard index < count || position == end else { throw Self.damage(.sectionLengths) }
        return sum
    }

    /// Returns the weight of a component; the index must be below `count`.
    @inline(__always)
    private func weight(_ index: Int) -> Float {
        if isHalf {
            return HalfFloat.float(
                UInt16(littleEndian: weights.loadUnaligned(fromByteOffset: 2 &* index, as: UInt16.self)))
        }
        return Float(
            bitPattern: UInt32(littleEndian: weights.loadUnaligned(fromByteOffset: 4 &* index, as: UInt32.self)))
    }

    /// Reads the varint at a position and advances the position, but never past the end.
    @inline(__always)
    private static func varint(
        _ position: inout UnsafeRawPointer, _ end: UnsafeRawPointer
    ) throws(FormatError) -> UInt32 {
        guard position < end else { throw truncated() }
        let first = position.load(as: UInt8.self)
        position += 1
        if first < 0x80 { return UInt32(first) }
        return try longVarint(first, &position, end)
    }

    private static func longVarint(
        _ first: UInt8, _ position: inout UnsafeRawPointer, _ end: UnsafeRawPointer
    ) throws(FormatError) -> UInt32 {
        guard position < end else { throw truncated() }
        let second = position.load(as: UInt8.self)
        position += 1
        var value = UInt32(first & 0x7F) | UInt32(second & 0x7F) &<< 7
        if second < 0x80 {
            guard second != 0 else { throw badVarint() }
            return value
        }
        for shift: UInt32 in [14, 21, 28] {
            guard position < end else { throw truncated() }
            let byte = position.load(as: UInt8.self)
            position += 1
            value |= UInt32(byte & 0x7F) &<< shift
            if byte < 0x80 {
                guard byte != 0, shift < 28 || byte < 16 else { throw badVarint() }
                return value
            }
        }
        throw badVarint()
    }

    // Not inlined, so that the loops above stay small.

    @inline(never)
    private static func truncated() -> FormatError { FormatError(.truncated) }

    @inline(never)
    private static func badVarint() -> FormatError { FormatError(.badVarint) }

    @inline(never)
    private static func damage(_ invariant: Invariant) -> FormatError { FormatError(invariant) }
}

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

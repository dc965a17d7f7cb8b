/// The document numbers of a segment: the body of a `segmentDocuments` value.
///
/// In this type, an ordinal is a rank, which is equal to the ordinal unless the segment has a `SegmentOrder`.
///
/// Body: u64 base, then one u32 per document, strictly ascending: its number minus the base.
///
/// This file uses pointers: `count` follows from the length of the body, and every access is checked against it. The
/// view is valid as long as the underlying bytes.
package struct SegmentDocuments {
    private let base: UInt64
    private let offsets: UnsafeRawPointer
    /// The number of documents in the segment, including dead ones.
    package let count: Int

    /// - Throws: `invariant` if the numbers do not strictly ascend; this takes one pass.
    package init(body: UnsafeRawBufferPointer) throws(FormatError) {
        var reader = ByteReader(body)
        base = try reader.u64()
        guard reader.remaining % 4 == 0 else { throw FormatError(.truncated) }
        count = reader.remaining / 4
        guard count >= 1, let start = reader.rest().baseAddress else { throw FormatError(.documentsAscend, "none") }
        offsets = start
        var previous = Self.load(start, 0)
        for ordinal in 1..<max(1, count) {
            let next = Self.load(start, ordinal)
            guard previous < next else { throw FormatError(.documentsAscend, "ordinal \(ordinal)") }
            previous = next
        }
        guard !base.addingReportingOverflow(UInt64(previous)).overflow else { throw FormatError(.documentsAscend) }
    }

    /// Returns the number of an ordinal in 0..<count; other ordinals are clamped.
    package subscript(ordinal: Int) -> UInt64 {
        base + UInt64(Self.load(offsets, min(max(ordinal, 0), count - 1)))
    }

    /// Returns the ordinal of a document number; nil if the segment does not have it.
    package func ordinal(of number: UInt64) -> Int? {
        let ordinal = firstOrdinal(from: number)
        return ordinal < count && self[ordinal] == number ? ordinal : nil
    }

    /// Returns the first ordinal whose number is at least `number`; `count` if there is none.
    package func firstOrdinal(from number: UInt64) -> Int {
        guard number >= base else { return 0 }
        let wanted = number - base
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if UInt64(Self.load(offsets, middle)) < wanted { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Writes the body for numbers that strictly ascend and span less than 2^32.
    ///
    /// For other numbers, the initializer refuses the body.
    package static func encode(_ numbers: [UInt64], into writer: inout ByteWriter) {
        let base = numbers.first ?? 0
        writer.u64(base)
        // A zero after the first position does not ascend, and so is refused.
        for number in numbers { writer.u32(UInt32(exactly: number &- base) ?? 0) }
    }

    private static func load(_ offsets: UnsafeRawPointer, _ ordinal: Int) -> UInt32 {
        UInt32(littleEndian: offsets.loadUnaligned(fromByteOffset: 4 &* ordinal, as: UInt32.self))
    }
}

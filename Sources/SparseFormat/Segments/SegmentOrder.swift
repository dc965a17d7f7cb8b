/// The ordinals of a segment's documents: u16 ordinals[documents], in ascending order of the document numbers
/// (FORMAT.md, "Order").
///
/// Stored if a segment keeps similar documents together instead of ordering them by number. `init` checks that the
/// ordinals are a permutation. The view is valid as long as the underlying bytes.
package struct SegmentOrder: @unchecked Sendable {
    package let count: Int
    private let ordinals: UnsafeRawPointer

    package init(body: UnsafeRawBufferPointer) throws(FormatError) {
        guard body.count % 2 == 0, let base = body.baseAddress, !body.isEmpty,
            body.count / 2 <= Limits.maximumDocumentsPerWindow
        else { throw FormatError(.segmentOrder, "\(body.count) bytes") }
        count = body.count / 2
        ordinals = base
        var seen = [Bool](repeating: false, count: count)
        for rank in 0..<count {
            let ordinal = self[rank]
            guard ordinal < count, !seen[ordinal] else { throw FormatError(.segmentOrder, "rank \(rank)") }
            seen[ordinal] = true
        }
    }

    /// Returns the ordinal of the document with the rank-th smallest number, rank in 0..<count.
    package subscript(rank: Int) -> Int {
        // A violation is a bug of the caller, never of the file: a rank comes from `SegmentDocuments`, and a segment
        // only opens if it and the order have the same length.
        precondition(rank >= 0 && rank < count)
        return Int(UInt16(littleEndian: ordinals.loadUnaligned(fromByteOffset: 2 * rank, as: UInt16.self)))
    }

    /// - Parameter ordinals: The ordinals by rank.
    package static func encode(_ ordinals: [UInt16], into writer: inout ByteWriter) {
        for ordinal in ordinals { writer.u16(ordinal) }
    }
}

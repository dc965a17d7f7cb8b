/// Where in a segment each of its documents stands: u16 ordinals[documents], the documents in ascending number
/// (FORMAT.md, "Order").
///
/// Stored when a segment keeps similar documents together instead of the order of their numbers. `init` proves that the
/// ordinals are a permutation. The view is valid as long as the bytes under it.
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

    /// The ordinal of the document with the rank-th smallest number, rank in 0..<count.
    package subscript(rank: Int) -> Int {
        // A caller's mistake, never a file's: a rank is found in `SegmentDocuments`, and segments are only opened when
        // it and the order are of one length.
        precondition(rank >= 0 && rank < count)
        return Int(UInt16(littleEndian: ordinals.loadUnaligned(fromByteOffset: 2 * rank, as: UInt16.self)))
    }

    /// - Parameter ordinals: by rank.
    package static func encode(_ ordinals: [UInt16], into writer: inout ByteWriter) {
        for ordinal in ordinals { writer.u16(ordinal) }
    }
}

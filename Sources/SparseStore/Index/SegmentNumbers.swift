internal import SparseFormat

/// The document numbers of one segment and where each document stands in it.
final class SegmentNumbers: @unchecked Sendable {
    private let numberBytes: SegmentBytes
    private let orderBytes: SegmentBytes?
    private let numbers: SegmentDocuments
    /// Nil when documents stand in the order of their numbers.
    private let order: SegmentOrder?

    /// - Parameter copying: see `SegmentBytes`.
    init(_ segment: UInt32, _ table: SegmentTable, copying: Bool = false) throws {
        let key = Keys.segment(segment, part: SegmentTable.Part.documents.rawValue, index: 0)
        numberBytes = try SegmentBytes(
            table.part(segment, .documents), kind: .segmentDocuments, key: key, copying: copying)
        try numberBytes.verify()
        numbers = try SegmentDocuments(body: numberBytes.body)
        if let bytes = try table.optionalPart(segment, .order) {
            let key = Keys.segment(segment, part: SegmentTable.Part.order.rawValue, index: 0)
            let orderBytes = try SegmentBytes(bytes, kind: .segmentOrder, key: key, copying: copying)
            try orderBytes.verify()
            order = try SegmentOrder(body: orderBytes.body)
            self.orderBytes = orderBytes
            guard order?.count == numbers.count else { throw FormatError(.segmentOrder, "segment \(segment)") }
        } else {
            orderBytes = nil
            order = nil
        }
    }

    var count: Int { numbers.count }

    /// The ordinal of a document number, nil when the segment does not hold it.
    func ordinal(of number: UInt64) -> Int? {
        guard let rank = numbers.ordinal(of: number) else { return nil }
        return order.map { $0[rank] } ?? rank
    }
}

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
        numberBytes = try SegmentBytes(segment, .documents, in: table, copying: copying)
        try numberBytes.verify()
        numbers = try SegmentDocuments(body: numberBytes.body)
        orderBytes = try SegmentBytes(segment, .order, ifIn: table, copying: copying)
        if let orderBytes {
            try orderBytes.verify()
            order = try SegmentOrder(body: orderBytes.body)
            guard order?.count == numbers.count else { throw FormatError(.segmentOrder, "segment \(segment)") }
        } else {
            order = nil
        }
    }

    var count: Int { numbers.count }

    /// The rank-th smallest document number, rank in 0..<count.
    func number(rank: Int) -> UInt64 { numbers[rank] }

    /// The ordinal of the document with that number.
    func ordinal(rank: Int) -> Int { order.map { $0[rank] } ?? rank }

    /// The rank of each ordinal's document; nil when they are the same.
    func ranks() -> [UInt16]? {
        guard let order else { return nil }
        // It is proven to be a permutation.
        var ranks = [UInt16](repeating: 0, count: count)
        for rank in 0..<count { ranks[order[rank]] = UInt16(truncatingIfNeeded: rank) }
        return ranks
    }

    /// Calls `body` with each document number, ascending, and its ordinal.
    func forEach(_ body: (UInt64, Int) throws -> Void) rethrows {
        for rank in 0..<count { try body(numbers[rank], order.map { $0[rank] } ?? rank) }
    }

    /// The rank of a document number, nil when the segment does not hold it.
    func rank(of number: UInt64) -> Int? { numbers.ordinal(of: number) }

    /// The ordinal of a document number, nil when the segment does not hold it.
    func ordinal(of number: UInt64) -> Int? {
        guard let rank = numbers.ordinal(of: number) else { return nil }
        return order.map { $0[rank] } ?? rank
    }
}

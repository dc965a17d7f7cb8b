internal import SparseFormat

/// The document numbers of one segment and the position of each document.
final class SegmentNumbers: Sendable {
    private let numberBytes: SegmentBytes
    private let orderBytes: SegmentBytes?
    private let numbers: SegmentDocuments
    /// The order of the documents; nil if they are in the order of their numbers.
    private let order: SegmentOrder?

    /// - Parameter copying: Whether to copy the bytes. See `SegmentBytes`.
    convenience init(_ segment: UInt32, _ table: SegmentTable, copying: Bool) throws {
        try self.init(
            SegmentBytes(segment, .documents, in: table, copying: copying),
            order: SegmentBytes(segment, .order, ifIn: table, copying: copying))
    }

    /// - Parameter order: The order of the documents; nil if they are in the order of their numbers.
    init(_ documents: SegmentBytes, order: SegmentBytes?) throws {
        numberBytes = documents
        try numberBytes.verify()
        let numbers = try SegmentDocuments(body: numberBytes.body)
        self.numbers = numbers
        orderBytes = order
        if let orderBytes {
            try orderBytes.verify()
            self.order = try orderBytes.naming { body in
                let order = try SegmentOrder(body: body)
                guard order.count == numbers.count else {
                    throw FormatError(.segmentOrder, "\(order.count) places for \(numbers.count) documents")
                }
                return order
            }
        } else {
            self.order = nil
        }
    }

    var count: Int { numbers.count }

    /// Requests the numbers from the disk.
    func readAhead() { numberBytes.readAhead() }

    /// Returns the rank-th smallest document number, with rank in 0..<count.
    func number(rank: Int) -> UInt64 { numbers[rank] }

    /// Returns the ordinal of the document with the rank-th smallest number.
    func ordinal(rank: Int) -> Int { order.map { $0[rank] } ?? rank }

    /// Returns the rank of each ordinal's document; nil if ranks and ordinals are the same.
    func ranks() -> [UInt16]? {
        guard let order else { return nil }
        // The order has been verified to be a permutation.
        var ranks = [UInt16](repeating: 0, count: count)
        for rank in 0..<count { ranks[order[rank]] = UInt16(truncatingIfNeeded: rank) }
        return ranks
    }

    /// Calls `body` with each document number, in ascending order, and its ordinal.
    func forEach(_ body: (UInt64, Int) throws -> Void) rethrows {
        for rank in 0..<count { try body(numbers[rank], order.map { $0[rank] } ?? rank) }
    }

    /// Returns the rank of a document number; nil if the segment does not have it.
    func rank(of number: UInt64) -> Int? { numbers.ordinal(of: number) }

    /// Returns the ordinal of a document number; nil if the segment does not have it.
    func ordinal(of number: UInt64) -> Int? {
        guard let rank = numbers.ordinal(of: number) else { return nil }
        return order.map { $0[rank] } ?? rank
    }
}

internal import LMDB
internal import SparseFormat

/// The stored documents in the number range of some segments, which are read again for a new layout.
///
/// They may be read in several transactions. The vector of a document never changes under its number, and no document
/// is added inside a segment's range. A document that is removed meanwhile is missing or becomes a tombstone, and one
/// whose tags or attributes change meanwhile is marked as changed (`SegmentReplacement`).
struct DocumentRange {
    private var next: UInt64
    private let last: UInt64
    /// Whether all documents were read.
    private(set) var isAtEnd = false

    /// - Parameter segments: Neighboring segments, one or more.
    init(of segments: some BidirectionalCollection<SegmentEntry>) {
        next = segments.first?.firstDocument ?? 0
        last = segments.last?.lastDocument ?? 0
    }

    /// Adds documents to a window until it is full, enough were read, or no documents remain.
    mutating func read(
        atMost count: Int = .max, from table: DocumentTable, into builder: inout WindowBuilder
    ) throws {
        var rest = count
        var isStopped = false
        try table.forEach(from: next) { number, view in
            guard number <= last else { return false }
            builder.add(
                number, try view.identifier, try view.vector(), tags: try view.tags(),
                attributes: try view.attributes(),
                checksum: view.checksum)
            next = number + 1
            rest -= 1
            isStopped = builder.isFull || rest == 0
            return !isStopped
        }
        isAtEnd = !isStopped || next > last
    }
}

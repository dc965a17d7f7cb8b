internal import SparseFormat

extension SegmentEntry {
    /// The number of documents that are not dead.
    var live: Int { Int(documents - tombstones) }
}

extension Collection where Element == SegmentEntry {
    var liveDocuments: Int { reduce(0) { $0 + $1.live } }
}

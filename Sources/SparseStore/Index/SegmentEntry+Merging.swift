internal import SparseFormat

extension SegmentEntry {
    /// Documents that are not dead.
    var live: Int { Int(documents - tombstones) }
}

extension Collection where Element == SegmentEntry {
    var liveDocuments: Int { reduce(0) { $0 + $1.live } }
}

internal import SparseFormat

extension SegmentEntry {
    /// Documents that are not dead.
    var live: Int { Int(documents - tombstones) }
}

extension Collection where Element == SegmentEntry {
    var liveDocuments: Int { reduce(0) { $0 + $1.live } }

    /// Windows that a merge of these makes, or one more: all but the last are full, of documents or of nonzeros. Never
    /// less, so that merging what fewer windows can hold comes to an end.
    var windows: Int {
        let most = Limits.maximumDocumentsPerWindow
        guard totalNonzeros >= WindowBuilder.maximumNonzeros else { return (liveDocuments + most - 1) / most }
        return liveDocuments / most + Int(totalNonzeros) / WindowBuilder.maximumNonzeros + 1
    }

    /// Dead documents' included.
    private var totalNonzeros: UInt64 { reduce(0) { $0 + $1.nonzeros } }
}

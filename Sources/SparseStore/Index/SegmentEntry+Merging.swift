internal import SparseFormat

extension SegmentEntry {
    /// Documents that are not dead.
    var live: Int { Int(documents - tombstones) }
}

extension Collection where Element == SegmentEntry {
    var liveDocuments: Int { reduce(0) { $0 + $1.live } }

    /// Windows that hold the live documents.
    var windows: Int {
        let most = Limits.maximumDocumentsPerWindow
        // A window is closed by the document that fills it up: it may hold as much less as one has.
        let full = WindowBuilder.maximumNonzeros - Limits.maximumTermsPerVector
        return Swift.max((liveDocuments + most - 1) / most, (Int(totalNonzeros) + full - 1) / full)
    }

    /// A merge of these makes no more windows: all but one are full, of documents or of nonzeros.
    var windowsAtMost: Int {
        liveDocuments / Limits.maximumDocumentsPerWindow + Int(totalNonzeros) / WindowBuilder.maximumNonzeros + 1
    }

    /// Dead documents' included.
    private var totalNonzeros: UInt64 { reduce(0) { $0 + $1.nonzeros } }
}

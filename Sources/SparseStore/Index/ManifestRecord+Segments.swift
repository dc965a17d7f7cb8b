internal import SparseFormat

extension ManifestRecord {
    /// Allocates numbers for new segments. Returns the first.
    mutating func takeSegments(_ count: Int) throws -> UInt32 {
        let first = nextSegment
        guard let next = UInt32(exactly: Int(first) + count) else {
            throw SparseStoreError(
                .limitExceeded, "the store has run out of segment numbers; copy its documents to a new store")
        }
        nextSegment = next
        return first
    }
}

/// The segments of one snapshot, with what was removed from each.
struct IndexView: Sendable {
    /// One segment as the snapshot sees it.
    struct Member: Sendable {
        let segment: WindowSegment
        let tombstones: Bitmap?

        func isLive(_ ordinal: Int) -> Bool { tombstones.map { !$0.contains(ordinal) } ?? true }
    }

    /// In ascending document number.
    let members: [Member]
}

/// The segments of one snapshot, with what was removed from each.
struct IndexView: Sendable {
    /// One segment as the snapshot sees it.
    struct Member: Sendable {
        let segment: WindowSegment
        let tombstones: Bitmap?
        /// Ordinals in `tombstones`.
        let deadCount: Int

        init(segment: WindowSegment, tombstones: Bitmap?) {
            self.segment = segment
            self.tombstones = tombstones
            deadCount = tombstones?.population ?? 0
        }

        func isLive(_ ordinal: Int) -> Bool { tombstones.map { !$0.contains(ordinal) } ?? true }
    }

    /// In ascending document number.
    let members: [Member]
}

internal import SparseFormat

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

    /// Where a live document stands; nil when no segment holds it.
    func place(of number: UInt64) -> DocumentPlace? {
        // Segments hold ranges of numbers that do not overlap: the last that begins at or below it is the only one.
        var low = 0
        var high = members.count
        while low < high {
            let middle = (low + high) / 2
            if members[middle].segment.firstNumber <= number { low = middle + 1 } else { high = middle }
        }
        guard low > 0, let ordinal = members[low - 1].segment.numbers.ordinal(of: number),
            members[low - 1].isLive(ordinal)
        else { return nil }
        return DocumentPlace(member: low - 1, ordinal: ordinal)
    }

    /// Calls `body` with each term and exact weight of a document, ascending by term.
    func forEachComponent(of place: DocumentPlace, _ body: (TermID, Float) throws -> Void) throws {
        try members[place.member].segment.forEachComponent(at: place.ordinal, body)
    }
}

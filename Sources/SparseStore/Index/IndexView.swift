internal import SparseFormat

/// The segments of one snapshot, with what was removed from each.
struct IndexView: Sendable {
    /// One segment as the snapshot sees it.
    struct Member: Sendable {
        let segment: WindowSegment
        let tombstones: Bitmap?
        /// Ordinals in `tombstones`.
        let deadCount: Int

        /// Those of its documents whose tags or attributes were changed since it was made; nil without any.
        let changes: MemberChanges?

        init(segment: WindowSegment, tombstones: Bitmap?, changes: MemberChanges? = nil) {
            self.segment = segment
            self.tombstones = tombstones
            self.changes = changes
            deadCount = tombstones?.population ?? 0
        }

        func isLive(_ ordinal: Int) -> Bool { tombstones.map { !$0.contains(ordinal) } ?? true }
    }

    /// In ascending document number.
    let members: [Member]
    /// What counts are worth as of the commit; nil where documents are scored by their weights.
    var scoring: BM25Function?
    /// Nil in a store without a block index, and where it cannot be opened.
    var blocks: BlockView?
    /// Why the block index could not be opened.
    var unopenedBlocks: BlockDamage?
    /// Why searches have to do without the block index that the store has; nil while nothing is wrong with it.
    var blocksDamage: BlockDamage? { unopenedBlocks ?? blocks?.index.damage }
    /// Nil in the view that all snapshots of a commit share, which has nothing to read with.
    var documents: (any DocumentSource)?

    /// Between which factors the impacts of a window's lists have changed with the average length since they were taken; nil
    /// where documents are scored by their weights.
    func drift(of directory: WindowDirectory) -> ClosedRange<Float>? {
        guard let scoring, directory.referenceLength > 0 else { return nil }
        return scoring.range(seenFrom: directory.referenceLength)
    }

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

    /// The exact vector of a live document.
    func vector(of place: DocumentPlace) throws -> ExactVector {
        let segment = members[place.member].segment
        guard segment.isCompact else { return .record(try segment.record(at: place.ordinal)) }
        guard let documents else {
            throw SparseStoreError(.internalError, "the documents of a compact segment were read outside of a snapshot")
        }
        return .document(try documents.storedDocument(segment.number(of: place.ordinal)))
    }

    /// Calls `body` with each term and exact weight of a live document, ascending by term.
    func forEachComponent(of place: DocumentPlace, _ body: (TermID, Float) throws -> Void) throws {
        switch try vector(of: place) {
        case .record(let record):
            let directory = members[place.member].segment.directory
            for index in 0..<record.count {
                // Positions in records are not proven.
                let position = record.position(index)
                guard position < directory.count else { throw FormatError(.forwardRecords, "a term past the last") }
                try body(directory.term(at: position), record.weight(index))
            }
        case .document(let document):
            let vector = try document.vector()
            for (term, weight) in zip(vector.terms, vector.weights) { try body(term, weight) }
        }
    }
}

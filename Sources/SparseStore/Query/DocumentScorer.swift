internal import SparseFormat

/// The one exact score: Float products summed in ascending term order, whatever way the document was found.
struct DocumentScorer {
    private let segment: WindowSegment
    private let scratch: ScanScratch
    /// Query terms of the window, in the order of its directory; ascending, as terms are.
    private let positions: [Int]
    private let weights: [Float]
    private let usesSlots: Bool

    /// Borrows the scratch's slots until `finish`.
    ///
    /// - Parameter terms: of the query, those that the window has.
    init(_ segment: WindowSegment, _ terms: ArraySlice<TermPlaces.Term>, _ scratch: ScanScratch) {
        self.init(segment, terms.map(\.position), terms.map(\.weight), scratch)
    }

    /// The same, with the terms looked up.
    init(_ segment: WindowSegment, _ query: ResolvedQuery, _ scratch: ScanScratch) {
        let found = zip(query.terms, query.weights).compactMap { term, weight in
            segment.directory.find(term).map { (position: $0, weight: weight) }
        }
        self.init(segment, found.map(\.position), found.map(\.weight), scratch)
    }

    private init(_ segment: WindowSegment, _ positions: [Int], _ weights: [Float], _ scratch: ScanScratch) {
        self.segment = segment
        self.scratch = scratch
        self.positions = positions
        self.weights = weights
        usesSlots = positions.count <= 255 && segment.directory.count <= 65_536
        if usesSlots {
            for (index, position) in positions.enumerated() {
                scratch.slots[position] = UInt8(index + 1)
                scratch.slotWeights[index + 1] = weights[index]
            }
        }
    }

    func finish() {
        if usesSlots { for position in positions { scratch.slots[position] = 0 } }
    }

    func score(_ record: ForwardRecord) -> Float {
        if usesSlots { return record.score(scratch.slots, scratch.slotWeights, scratch.matches) }
        var score: Float = 0
        forEachMatch(record) { score += $1 * $2 }
        return score
    }

    /// Each term both have, largest product first: term, query weight, document weight.
    func contributions(_ record: ForwardRecord) -> [(term: TermID, query: Float, document: Float)] {
        var found: [(term: TermID, query: Float, document: Float)] = []
        forEachMatch(record) { found.append((segment.directory.term(at: $0), $2, $1)) }
        return found.sorted { $0.query * $0.document > $1.query * $1.document }
    }

    /// Calls `body` with position, document weight and query weight of each term both have.
    private func forEachMatch(_ record: ForwardRecord, _ body: (Int, Float, Float) -> Void) {
        var next = 0
        for index in 0..<record.count {
            let position = record.position(index)
            while next < positions.count, positions[next] < position { next += 1 }
            guard next < positions.count else { return }
            if positions[next] == position { body(position, record.weight(index), weights[next]) }
        }
    }
}

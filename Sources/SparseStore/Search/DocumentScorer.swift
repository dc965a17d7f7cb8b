internal import SparseFormat

/// Computes the exact score of a document: Float products summed in ascending term order, however the document was
/// found. With BM25, the products are those of query weights and impacts at the commit's average length.
struct DocumentScorer {
    private let segment: WindowSegment
    private let query: ResolvedQuery
    private let scoring: BM25Function?
    private let scratch: ScanScratch
    /// The positions of the query's terms in the window's directory, which is in ascending term order.
    private let positions: [Int]
    private let weights: [Float]
    private let usesSlots: Bool
    /// The size of the table of query weights by term; 0 if there is no table.
    private let termLimit: TermID

    /// Borrows the scratch's slots, or its weights by term, until `finish`.
    ///
    /// - Parameter terms: The terms of the query that the window has.
    init(
        _ segment: WindowSegment, _ query: ResolvedQuery, _ terms: ArraySlice<TermPlaces.Term>,
        _ scoring: BM25Function?, _ scratch: ScanScratch
    ) {
        // A compact segment's vectors name terms, not positions.
        let used = segment.isCompact ? [] : terms
        self.init(segment, query, used.map(\.position), used.map { query.weights[$0.number] }, scoring, scratch)
    }

    /// Looks up the query's terms, and borrows the scratch memory until `finish`.
    init(_ segment: WindowSegment, _ query: ResolvedQuery, _ scoring: BM25Function?, _ scratch: ScanScratch) {
        let found = zip(query.terms, query.weights).compactMap { term, weight in
            segment.isCompact ? nil : segment.directory.find(term).map { (position: $0, weight: weight) }
        }
        self.init(segment, query, found.map(\.position), found.map(\.weight), scoring, scratch)
    }

    private init(
        _ segment: WindowSegment, _ query: ResolvedQuery, _ positions: [Int], _ weights: [Float],
        _ scoring: BM25Function?, _ scratch: ScanScratch
    ) {
        self.segment = segment
        self.query = query
        self.scoring = scoring
        self.scratch = scratch
        self.positions = positions
        self.weights = weights
        // Both tables are for products with weights as they are.
        let usesTable = scratch.optimisations.contains(.weightTable) && scoring == nil
        usesSlots = usesTable && positions.count <= 255 && segment.directory.count <= 65_536
        if usesSlots {
            for (index, position) in positions.enumerated() {
                scratch.slots[position] = UInt8(index + 1)
                scratch.slotWeights[index + 1] = weights[index]
            }
        }
        let last = query.terms.last ?? .max
        termLimit = usesTable && segment.isCompact && last < ScanScratch.termWeightCount ? last + 1 : 0
        if termLimit > 0 { scratch.setTermWeights(query) }
    }

    func finish() {
        if usesSlots { for position in positions { scratch.slots[position] = 0 } }
        if termLimit > 0 { scratch.clearTermWeights(query) }
    }

    func score(_ vector: ExactVector) throws -> Float {
        var score: Float = 0
        if let scoring {
            try forEachMatch(vector, scoring) { score += $1 * $2 }
            return score
        }
        switch vector {
        case .record(let record) where usesSlots:
            return record.score(scratch.slots, scratch.slotWeights, scratch.matches)
        case .record(let record): forEachMatch(record) { score += $1 * $2 }
        case .document(let document) where termLimit > 0:
            // Terms that the query lacks add a product of 0, which changes no bit.
            return try scratch.withTermWeights {
                try document.score($0, termLimit: termLimit)
            }
        case .document(let document): try forEachMatch(document) { score += $1 * $2 }
        }
        return score
    }

    /// Returns the term, query weight, and document weight of each common term, largest product first.
    func contributions(_ vector: ExactVector) throws -> [(term: TermID, query: Float, document: Float)] {
        var found: [(term: TermID, query: Float, document: Float)] = []
        if let scoring {
            try forEachMatch(vector, scoring) { found.append(($0, $2, $1)) }
        } else {
            switch vector {
            case .record(let record): forEachMatch(record) { found.append((segment.directory.term(at: $0), $2, $1)) }
            case .document(let document): try forEachMatch(document) { found.append(($0, $2, $1)) }
            }
        }
        return found.sorted { $0.query * $0.document > $1.query * $1.document }
    }

    /// Calls `body` with the term, impact, and query weight of each common term, in ascending order.
    private func forEachMatch(
        _ vector: ExactVector, _ scoring: BM25Function, _ body: (TermID, Float, Float) -> Void
    ) throws {
        var length: Float = 0
        switch vector {
        case .record(let record):
            let norm = scoring.norm(length: record.total)
            forEachMatch(record) { position, count, weight in
                body(segment.directory.term(at: position), scoring.impact(count: count, norm: norm), weight)
            }
        case .document(let document):
            try document.forEachComponent { length += $1 }
            let norm = scoring.norm(length: length)
            try forEachMatch(document) { body($0, scoring.impact(count: $1, norm: norm), $2) }
        }
    }

    /// Calls `body` with the term, document weight, and query weight of each common term, in ascending order.
    private func forEachMatch(_ document: DocumentView, _ body: (TermID, Float, Float) -> Void) throws {
        var next = 0
        try document.forEachComponent { term, weight in
            while next < query.terms.count, query.terms[next] < term { next += 1 }
            if next < query.terms.count, query.terms[next] == term { body(term, weight, query.weights[next]) }
        }
    }

    /// Calls `body` with the position, document weight, and query weight of each common term.
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

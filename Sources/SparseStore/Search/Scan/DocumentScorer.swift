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
    /// Their places in the query.
    private let numbers: [Int]
    private let usesSlots: Bool
    /// The size of the table of query weights by term; 0 if there is no table.
    private let termLimit: TermID

    /// Borrows the scratch's slots, or its weights by term, until `finish`.
    ///
    /// - Parameter terms: The terms of the query that the window has.
    init(
        _ segment: WindowSegment, _ query: ResolvedQuery, terms: ArraySlice<TermPlaces.Term>,
        scoring: BM25Function?, scratch: ScanScratch
    ) {
        // A compact segment's vectors name terms, not positions.
        let used = segment.isCompact ? [] : terms
        self.init(
            segment, query, positions: used.map(\.position), numbers: used.map(\.number), scoring: scoring,
            scratch: scratch)
    }

    /// Looks up the query's terms, and borrows the scratch memory until `finish`.
    init(_ segment: WindowSegment, _ query: ResolvedQuery, scoring: BM25Function?, scratch: ScanScratch) {
        let found = query.terms.enumerated().compactMap { number, term in
            segment.isCompact ? nil : segment.directory.find(term).map { (position: $0, number: number) }
        }
        self.init(
            segment, query, positions: found.map(\.position), numbers: found.map(\.number), scoring: scoring,
            scratch: scratch)
    }

    private init(
        _ segment: WindowSegment, _ query: ResolvedQuery, positions: [Int], numbers: [Int],
        scoring: BM25Function?, scratch: ScanScratch
    ) {
        self.segment = segment
        self.query = query
        self.scoring = scoring
        self.scratch = scratch
        self.positions = positions
        self.numbers = numbers
        // Both tables are for products with weights as they are, in the order of the terms.
        let usesTable = scratch.optimizations.contains(.weightTable) && scoring == nil && query.order == nil
        usesSlots = usesTable && positions.count <= 255 && segment.directory.count <= 65_536
        if usesSlots {
            for (index, position) in positions.enumerated() {
                scratch.slots.numbers[position] = UInt8(index + 1)
                scratch.slots.bits[position >> 5] |= 1 &<< UInt32(position & 31)
                scratch.slots.weights[index + 1] = query.weights[numbers[index]]
            }
        }
        let last = query.terms.last ?? .max
        termLimit = usesTable && segment.isCompact && last < ScanScratch.termWeightCount ? last + 1 : 0
        if termLimit > 0 { scratch.setTermWeights(query) }
    }

    func finish() {
        if usesSlots {
            for position in positions {
                scratch.slots.numbers[position] = 0
                scratch.slots.bits[position >> 5] = 0
            }
        }
        if termLimit > 0 { scratch.clearTermWeights(query) }
    }

    func score(_ vector: ExactVector) throws -> Float {
        guard query.order == nil, scoring == nil else { return try sum(vector) }
        switch vector {
        case .record(let record) where usesSlots:
            return record.score(scratch.slots, usesAVX2: WindowKernels.hasAVX2)
        case .document(let document) where termLimit > 0:
            // Terms that the query lacks add a product of 0, which changes no bit.
            return try scratch.withTermWeights {
                try document.score($0, termLimit: termLimit)
            }
        case .record, .document: return try sum(vector)
        }
    }

    /// The products added up one by one.
    private func sum(_ vector: ExactVector) throws -> Float {
        guard let order = query.order else {
            var score: Float = 0
            try forEachMatch(vector) { score += $1 * query.weights[$0] }
            return score
        }
        // Those of terms that the document lacks are 0 and change no bit.
        var products = [Float](repeating: 0, count: order.count)
        try forEachMatch(vector) { products[order[$0]] = $1 * query.weights[$0] }
        return products.reduce(0, +)
    }

    /// Returns the term, query weight, and document weight of each common term, largest product first.
    func contributions(_ vector: ExactVector) throws -> [(term: TermID, query: Float, document: Float)] {
        var found: [(term: TermID, query: Float, document: Float)] = []
        try forEachMatch(vector) { found.append((query.terms[$0], query.weights[$0], $1)) }
        return found.sorted { $0.query * $0.document > $1.query * $1.document }
    }

    /// Calls `body` with place in the query and document weight, or impact, of each term both have, ascending.
    private func forEachMatch(_ vector: ExactVector, _ body: (Int, Float) -> Void) throws {
        guard let scoring else {
            switch vector {
            case .record(let record): forEachMatch(record, body)
            case .document(let document): try forEachMatch(document, body)
            }
            return
        }
        var length: Float = 0
        switch vector {
        case .record(let record):
            let norm = scoring.norm(length: record.total)
            forEachMatch(record) { body($0, scoring.impact(count: $1, norm: norm)) }
        case .document(let document):
            try document.forEachComponent { length += $1 }
            let norm = scoring.norm(length: length)
            try forEachMatch(document) { body($0, scoring.impact(count: $1, norm: norm)) }
        }
    }

    private func forEachMatch(_ document: DocumentView, _ body: (Int, Float) -> Void) throws {
        var next = 0
        try document.forEachComponent { term, weight in
            while next < query.terms.count, query.terms[next] < term { next += 1 }
            if next < query.terms.count, query.terms[next] == term { body(next, weight) }
        }
    }

    private func forEachMatch(_ record: ForwardRecord, _ body: (Int, Float) -> Void) {
        var next = 0
        for index in 0..<record.count {
            let position = record.position(index)
            while next < positions.count, positions[next] < position { next += 1 }
            guard next < positions.count else { return }
            if positions[next] == position { body(numbers[next], record.weight(index)) }
        }
    }
}

/// Scores the candidates of a search from their exact vectors, many together, so that their cache misses overlap.
struct CandidateScorer {
    let stage: FirstStage
    let scratch: ScanScratch

    /// The number of documents whose records are looked up together, and the number that are prefetched ahead of
    /// scoring.
    static let batch = 64
    private static let prefetched = 4

    /// Scores documents.
    ///
    /// - Parameters:
    ///   - places: The places of the documents, with those of the same window adjacent.
    ///   - terms: The terms of the query in each of these windows.
    ///   - collector: Receives each document with its score.
    func score(_ places: [DocumentPlace], terms: TermPlaces, into collector: inout Collector) throws {
        var begin = 0
        while begin < places.count {
            try stage.budget.check()
            let end = min(begin + Self.batch, places.count)
            try score(places[begin..<end], terms: terms, into: &collector)
            begin = end
        }
    }

    /// Scores one batch. First come the positions of the records, then their beginnings, and then the records, some of
    /// them ahead of the one being scored.
    private func score(_ places: ArraySlice<DocumentPlace>, terms: TermPlaces, into collector: inout Collector) throws {
        let members = stage.index.members
        if scratch.asksDisk {
            for place in places { members[place.window].segment.readAhead(at: place.ordinal) }
        }
        let prefetches = scratch.optimizations.contains(.recordPrefetch)
        if prefetches {
            forEachWindow(of: places) { segment, places in
                for place in places { segment.prefetchLocation(of: place.ordinal) }
            }
            forEachWindow(of: places) { segment, places in
                for place in places { segment.prefetchBeginning(at: place.ordinal) }
            }
        }
        // The vectors from the first of the batch to some documents ahead of the one being scored.
        var vectors: [ExactVector] = []
        vectors.reserveCapacity(places.count)
        func find(_ position: Int) throws {
            guard position < places.endIndex else { return }
            let vector = try stage.view.vector(of: places[position], in: members[places[position].window].segment)
            if prefetches { vector.prefetchLines() }
            vectors.append(vector)
        }
        for position in places.indices.prefix(Self.prefetched) { try find(position) }
        try forEachWindow(of: places) { segment, window in
            let scorer = DocumentScorer(
                segment, stage.query, terms: terms[places[window.startIndex].window], scoring: stage.scoring,
                scratch: scratch)
            defer { scorer.finish() }
            for position in window.indices {
                try find(position + Self.prefetched)
                let vector = vectors[position - places.startIndex]
                try collector.take(scorer.score(vector), places[position], vector)
            }
        }
    }

    /// Calls `body` with each window and its documents.
    private func forEachWindow(
        of places: ArraySlice<DocumentPlace>, _ body: (WindowSegment, ArraySlice<DocumentPlace>) throws -> Void
    ) rethrows {
        var begin = places.startIndex
        while begin < places.endIndex {
            var end = begin + 1
            while end < places.endIndex, places[end].window == places[begin].window { end += 1 }
            try body(stage.index.members[places[begin].window].segment, places[begin..<end])
            begin = end
        }
    }
}

extension ReadView {
    /// Returns the exact scores of documents, in order; 0 for a document that shares no term with the query.
    func scores(
        of places: [DocumentPlace], _ query: ResolvedQuery, _ scoring: BM25Function?, _ scratch: ScanScratch
    ) throws -> [Float] {
        var scores = [Float](repeating: 0, count: places.count)
        let byWindow = Dictionary(grouping: places.indices) { places[$0].window }
        for (window, positions) in byWindow {
            let segment = index.members[window].segment
            let scorer = DocumentScorer(segment, query, scoring: scoring, scratch: scratch)
            defer { scorer.finish() }
            for position in positions {
                scores[position] = try scorer.score(vector(of: places[position]))
            }
        }
        return scores
    }
}

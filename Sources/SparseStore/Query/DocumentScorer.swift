internal import SparseFormat

/// The one exact score: Float products summed in ascending term order, whatever way the document was found.
struct DocumentScorer {
    private let query: ResolvedQuery
    private let scratch: ScanScratch
    private let usesTable: Bool

    /// Borrows the scratch's weight table until `finish`.
    init(_ query: ResolvedQuery, _ scratch: ScanScratch) {
        self.query = query
        self.scratch = scratch
        usesTable = scratch.load(query)
    }

    func finish() {
        if usesTable { scratch.unload(query) }
    }

    func score(_ view: DocumentView) throws -> Float {
        if usesTable { return try view.score(scratch.table, termLimit: UInt32(scratch.tableLimit)) }
        var score: Float = 0
        var next = 0
        try view.forEachComponent { term, weight in
            while next < query.terms.count, query.terms[next] < term { next += 1 }
            if next < query.terms.count, query.terms[next] == term { score += weight * query.weights[next] }
        }
        return score
    }

    /// Each term both have, largest product first: term, query weight, document weight.
    func contributions(_ view: DocumentView) throws -> [(term: TermID, query: Float, document: Float)] {
        var found: [(term: TermID, query: Float, document: Float)] = []
        var next = 0
        try view.forEachComponent { term, weight in
            while next < query.terms.count, query.terms[next] < term { next += 1 }
            if next < query.terms.count, query.terms[next] == term {
                found.append((term, query.weights[next], weight))
            }
        }
        return found.sorted { $0.query * $0.document > $1.query * $1.document }
    }
}

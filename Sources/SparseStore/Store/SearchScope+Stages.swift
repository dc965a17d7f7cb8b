internal import SparseFormat

// What the stages of a search ask of its scope.
extension SearchScope {
    /// Returns a ranking of found documents with its scoring function.
    func ranking(_ found: [FoundDocument], _ query: ResolvedQuery) -> Ranking {
        // The documents of a group are adjacent; stages rank documents individually.
        let documents = found.map(RankedDocument.init).sorted(by: RankedDocument.precedes)
        return Ranking(documents: documents, unfound: 0) { [self] documents, counters in
            guard !documents.isEmpty else { return [] }
            counters["documents_scored", default: 0] += documents.count
            return try scores(of: documents.map(\.place), query).map { $0 > 0 ? $0 : nil }
        }
    }

    /// Returns the exact scores of documents, in order; 0 for a document that shares no term with the query.
    private func scores(of places: [RankedPlace], _ query: ResolvedQuery) throws -> [Float] {
        var scores = [Float](repeating: 0, count: places.count)
        let byPart = Dictionary(grouping: places.indices) { places[$0].part }
        try forEachPart { number, part in
            guard let mine = byPart[number] else { return }
            let query = try corpus.query(query, in: number)
            let found = try part.snapshot.source.scratch.withScratch { scratch in
                try part.snapshot.view.scores(of: mine.map { places[$0].place }, query, part.scoring, scratch)
            }
            for (index, score) in zip(mine, found) { scores[index] = score }
        }
        return scores
    }

    /// Documents as a reranker sees them.
    func candidates(_ documents: some Sequence<RankedDocument>) throws -> Candidates {
        try Candidates(documents, parts.map { CandidateSource($0.snapshot.view, $0.snapshot.codebooks) })
    }

    /// Returns the places of documents, in the order of the identifiers; nil for a document that does not exist.
    func places(of ids: [String]) throws -> [RankedPlace?] {
        var places = [RankedPlace?](repeating: nil, count: ids.count)
        try forEachPart { number, part in
            for (index, place) in try part.snapshot.places(of: ids).enumerated() where places[index] == nil {
                places[index] = place.map { RankedPlace(part: number, place: $0) }
            }
        }
        return places
    }

    /// The exact vectors of documents, in their order, weighted like a query, in the numbers of the corpus.
    func weightedVectors(of places: [RankedPlace], _ weighting: Weighting) throws -> [WeightedComponents] {
        var components: [(TermID, Float)] = []
        var ends: [Int] = []
        for place in places {
            let own = try attempt(place.part) { part in
                var own: [(TermID, Float)] = []
                try part.snapshot.view.forEachComponent(of: place.place) { own.append(($0, $1)) }
                return own
            }
            components += try corpus.components(own ?? [], of: place.part)
            ends.append(components.count)
        }
        let weighted = try QueryResolver(corpus: corpus).weighted(components, weighting)
        return zip([0] + ends, ends).map { begin, end in weighted[begin..<end] }
    }
}

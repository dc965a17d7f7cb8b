internal import SparseFormat

extension StagedSearch {
    /// - Parameter limit: The number of best documents that the later stages look at.
    func rerank(_ reranker: any Reranker, _ candidates: Int, _ fusion: Fusion?, limit: Int) throws -> Outcome {
        let head = documents.prefix(candidates)
        var scores = CandidateScores(count: head.count)
        if !head.isEmpty {
            try reranker.rerank(scope.candidates(head), limit: limit, into: &scores)
        }
        var counters = scores.counters
        var scored = Ranking(documents: [], unfound: nil, score: rescoring(reranker))
        var before = Ranking(documents: [], unfound: ranking.unfound, score: ranking.score)
        var rest: [RankedDocument] = []
        for rank in scores.order {
            var document = head[rank]
            guard let score = scores[rank] else {
                rest.append(document)
                continue
            }
            // The other documents have scores of another kind. A fusion asks for scores of its kind.
            if rank < ranking.documents.count { before.documents.append(document) }
            document.score = score
            scored.documents.append(document)
        }
        if let fusion { scored = try fusion.fuse(before, scored, &counters) }
        var outcome = Outcome(scored, candidates: head.count, scored: scores.scored)
        outcome.rest = rest + documents.dropFirst(head.count)
        outcome.counters = counters
        return outcome
    }

    /// Returns a function that scores later documents as the reranker scored its candidates.
    private func rescoring(_ reranker: any Reranker) -> Ranking.Score {
        let before = ranking.score
        return { [scope] documents, counters in
            guard !documents.isEmpty else { return [] }
            let found = try before(documents, &counters)
            var documents = documents
            for index in documents.indices { documents[index].score = found[index] ?? 0 }
            // Rerankers require candidates in rank order.
            let order = documents.indices.sorted { RankedDocument.precedes(documents[$0], documents[$1]) }
            var scores = CandidateScores(count: documents.count)
            let candidates = try scope.candidates(order.map { documents[$0] })
            try reranker.rerank(candidates, limit: documents.count, into: &scores)
            counters.merge(scores.counters, uniquingKeysWith: +)
            var result = [Float?](repeating: nil, count: documents.count)
            for (rank, index) in order.enumerated() { result[index] = scores[rank] }
            return result
        }
    }

    /// - Parameter limit: The number of best documents that the later stages look at.
    mutating func feedback(_ feedback: Feedback, limit: Int) throws -> Outcome {
        var relevant: [RankedPlace] = []
        var nonRelevant: [RankedPlace] = []
        var counters: [String: Int] = [:]
        switch feedback.source {
        case .best(let count): relevant = documents.prefix(count).map(\.place)
        case .judged(let good, let bad):
            relevant = try scope.places(of: good).compactMap(\.self)
            nonRelevant = try scope.places(of: bad).compactMap(\.self)
            counters["unknown"] = good.count + bad.count - relevant.count - nonRelevant.count
        }
        if feedback.weight == 0 { relevant = [] }
        if feedback.nonRelevantWeight == 0 { nonRelevant = [] }
        let used = relevant.count + nonRelevant.count
        guard used > 0, query.hasPositiveWeight else {
            var outcome = Outcome(nil, candidates: 0, scored: 0)
            outcome.counters = counters
            return outcome
        }
        let vectors = try scope.weightedVectors(of: relevant + nonRelevant, options.weighting)
        let expanded = Rocchio(feedback).expand(
            query, relevant: Array(vectors.prefix(relevant.count)),
            nonRelevant: Array(vectors.dropFirst(relevant.count)))
        let second = try search(expanded, limit: limit, &counters)
        counters["terms"] = expanded.terms.count
        query = expanded
        let fused = try feedback.interpolation?.fuse(ranking, second, &counters) ?? second
        var outcome = Outcome(fused, candidates: used, scored: counters["documents_scored", default: 0])
        outcome.counters = counters
        return outcome
    }

    /// Searches for the query that feedback derived.
    private func search(
        _ query: ResolvedQuery, limit: Int, _ counters: inout [String: Int]
    ) throws -> Ranking {
        var costs = SearchCounters()
        // The scores of another query have another scale.
        let (found, _) = try scope.find(request, query, limit: limit, hasMinimumScore: false, &costs)
        counters["postings"] = costs.postings
        counters["documents_scored"] = costs.documentsScored
        var second = scope.ranking(found, query)
        keepStageScores(of: &second.documents)
        return second
    }

    func fuse(_ external: ExternalRanking, _ candidates: Int, _ fusion: Fusion) throws -> Outcome {
        var counters = ["unknown": 0, "filtered": 0, "duplicates": external.duplicates, "documents_scored": 0]
        var known: [RankedDocument] = []
        for (index, place) in try scope.places(of: external.ids).enumerated() {
            guard let place else {
                counters["unknown", default: 0] += 1
                continue
            }
            guard request.isAllowed(place) else {
                counters["filtered", default: 0] += 1
                continue
            }
            known.append(
                RankedDocument(
                    id: external.ids[index], place: place, score: external.scores[index], stageScores: []))
        }
        keepStageScores(of: &known)
        let head = Array(ranking.documents.prefix(candidates))
        let fused = try fusion.fuse(
            Ranking(documents: head, unfound: ranking.unfound, score: ranking.score),
            Ranking(documents: known, unfound: nil) { others, _ in others.map { _ in nil } }, &counters)
        let places = Set(fused.documents.map(\.place))
        var outcome = Outcome(fused, candidates: head.count + known.count, scored: fused.documents.count)
        outcome.rest = documents.dropFirst(head.count).filter { !places.contains($0.place) }
        outcome.counters = counters
        return outcome
    }

    /// Returns the function that gives the number of a boost for a document of the scope.
    func reading(_ boost: Boost) throws -> BoostReranker.Reading {
        guard let name = boost.attribute else {
            guard case .when(let filter) = boost.kind else { return { _ in nil } }
            let allowed = try scope.parts.indices.map { part in
                try scope.attempt(part) { try $0.snapshot.allowed(filter, scope.schema) }
            }
            return { place in
                let isAllowed = allowed[place.part]?[place.place.member].bitmap.contains(place.place.ordinal) ?? false
                return isAllowed ? boost.factor : nil
            }
        }
        try boost.check(scope.schema.type(of: name))
        let bytes = Array(name.utf8)
        return { [scope] place in
            let snapshot = scope.parts[place.part].snapshot
            let column = try snapshot.state.index.members[place.place.member].column(bytes, snapshot)
            return column.value(of: place.place.ordinal).flatMap(boost.worth)
        }
    }

    /// Restores the stage scores of documents that another search found again.
    private func keepStageScores(of documents: inout [RankedDocument]) {
        let known = Dictionary(self.documents.map { ($0.place, $0.stageScores) }) { first, _ in first }
        let none = [Float?](repeating: nil, count: reports.count)
        for index in documents.indices { documents[index].stageScores = known[documents[index].place] ?? none }
    }

    /// Drops documents that scored less than `least`, and the documents after them that the last stage has not scored.
    func atLeast(_ least: Float) -> Outcome {
        let count = documents.count
        let kept = ranking.documents.filter { $0.score >= least }
        var outcome = Outcome(
            Ranking(documents: kept, unfound: ranking.unfound, score: ranking.score), candidates: count, scored: 0)
        outcome.counters = ["dropped": count - kept.count]
        return outcome
    }
}

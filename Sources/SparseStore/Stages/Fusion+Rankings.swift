extension Fusion {
    /// Returns one ranking of the documents of both, best first; equal scores are ordered by identifier.
    ///
    /// If one ranking lacks a document of the other, it is asked to score it. Only a document that it cannot score
    /// counts as missing.
    func fuse(_ first: Ranking, _ second: Ranking, _ counters: inout [String: Int]) throws -> Ranking {
        var firstScores = Self.scores(first)
        var secondScores = Self.scores(second)
        var added = second.documents.filter { firstScores[$0.place] == nil }
        let onlyFirst = first.documents.filter { secondScores[$0.place] == nil }
        for (index, score) in try first.score(added, &counters).enumerated() {
            // The stage before would have scored it like this.
            if let last = added[index].stageScores.indices.last { added[index].stageScores[last] = score }
            firstScores[added[index].place] = score
        }
        for (document, score) in zip(onlyFirst, try second.score(onlyFirst, &counters)) {
            secondScores[document.place] = score
        }
        let union = first.documents + added
        func scale(_ ranking: Ranking, _ scores: [RankedPlace: Float]) -> FusionScale {
            FusionScale(
                method,
                union.compactMap { document in
                    (scores[document.place] ?? countable(ranking.unfound)).map { ($0, document.id) }
                })
        }
        let (firstScale, secondScale) = (scale(first, firstScores), scale(second, secondScores))
        let fused: ([RankedDocument], [Float?], [Float?]) -> [Float] = { documents, firstScores, secondScores in
            documents.indices.map { index in
                let id = documents[index].id
                return combine(
                    firstScale.value(firstScores[index] ?? countable(first.unfound), id: id),
                    secondScale.value(secondScores[index] ?? countable(second.unfound), id: id))
            }
        }
        let scores = fused(union, union.map { firstScores[$0.place] }, union.map { secondScores[$0.place] })
        var documents = union
        for (index, score) in scores.enumerated() { documents[index].score = score }
        return Ranking(documents: documents.sorted(by: RankedDocument.precedes), unfound: nil) { others, counters in
            fused(others, try first.score(others, &counters), try second.score(others, &counters))
        }
    }

    // By place: identifiers of different bytes may be equal strings.
    private static func scores(_ ranking: Ranking) -> [RankedPlace: Float] {
        Dictionary(ranking.documents.map { ($0.place, $0.score) }) { first, _ in first }
    }

    /// Returns the score of documents that a ranking does not find. They have no rank, whatever their score.
    private func countable(_ unfound: Float?) -> Float? {
        if case .reciprocalRank = method { nil } else { unfound }
    }

    private func combine(_ first: Double, _ second: Double) -> Float {
        switch method {
        case .reciprocalRank: Float(first + second)
        case .weightedSum(_, let weight): Float((1 - weight) * first + weight * second)
        }
    }
}

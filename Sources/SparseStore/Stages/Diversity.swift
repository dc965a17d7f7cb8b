internal import SparseFormat

/// Ranks candidates so that those at the top are unlike each other: maximal marginal relevance (Carbonell and Goldstein,
/// "The Use of MMR, Diversity-Based Reranking", SIGIR 1998).
///
/// Each place goes to the candidate with the largest relevance x r - (1 - relevance) x s, where r is its score as a share of
/// the best one, and s its largest cosine with a candidate that has a place already, by their stored vectors. That value is
/// the hit's new score; it may be below 0.
public struct Diversity: Reranker {
    /// What `explain` calls the stage.
    public let name = "diversity"
    /// How much the scores of the stage before count beside the differences, 0...1: 1 keeps the order.
    public let relevance: Float

    init(relevance: Float) { self.relevance = relevance }

    /// Gives each of the first `limit` places to a candidate.
    public func rerank(_ candidates: Candidates, limit: Int, into scores: inout CandidateScores) throws {
        guard (0...1).contains(relevance) else {
            throw SparseStoreError(
                .invalidArgument, "the share of the relevance in a diversity is \(relevance); give 0 to 1")
        }
        let vectors = try candidates.map(UnitVector.init)
        // Scores below 0 are as good as none: they come from a model that has its own scale.
        let best = candidates.map(\.score).max() ?? 0
        let shares = candidates.map { best > 0 ? max(0, $0.score) / best : 0 }
        var likeness = [Float](repeating: 0, count: candidates.count)
        var left = Array(candidates.indices)
        while scores.scored < min(limit, candidates.count) {
            func value(_ rank: Int) -> Float { relevance * shares[rank] - (1 - relevance) * likeness[rank] }
            // Of equals the one that the stage before ranked higher.
            guard
                let place = left.indices.max(by: {
                    value(left[$0]) < value(left[$1]) || value(left[$0]) == value(left[$1]) && left[$0] > left[$1]
                })
            else { return }
            let chosen = left.remove(at: place)
            try scores.set(value(chosen), for: candidates[chosen])
            for rank in left { likeness[rank] = max(likeness[rank], vectors[rank].product(vectors[chosen])) }
        }
    }
}

/// A document's vector at unit length.
private struct UnitVector {
    private var terms: [TermID] = []
    private var weights: [Float] = []

    init(_ candidate: Candidate) throws {
        var squares: Float = 0
        try candidate.forEachComponent { term, weight in
            terms.append(term)
            weights.append(weight)
            squares += weight * weight
        }
        // Weights from 1e-15 on have squares that a Float may not hold.
        let length = squares.squareRoot()
        if length > 0, length.isFinite { weights = weights.map { $0 / length } }
    }

    func product(_ other: UnitVector) -> Float {
        var sum: Float = 0
        var (a, b) = (0, 0)
        while a < terms.count, b < other.terms.count {
            if terms[a] == other.terms[b] { sum += weights[a] * other.weights[b] }
            let (left, right) = (terms[a], other.terms[b])
            if left <= right { a += 1 }
            if right <= left { b += 1 }
        }
        return sum
    }
}

extension Reranker where Self == Diversity {
    /// Ranks candidates so that those at the top are unlike each other:
    /// `.rerank(.diversity(relevance: 0.7), candidates: 50)`. See ``Diversity``.
    ///
    /// - Parameter relevance: how much the scores of the stage before count beside the differences, 0...1.
    public static func diversity(relevance: Float = 0.5) -> Diversity { Diversity(relevance: relevance) }
}

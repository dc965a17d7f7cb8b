internal import SparseFormat

/// Reranks candidates so that the top ones differ from each other, by maximal marginal relevance (Carbonell and
/// Goldstein, "The Use of MMR, Diversity-Based Reranking", SIGIR 1998).
///
/// Each rank goes to the candidate with the largest relevance x r - (1 - relevance) x s, where r is its score as a
/// share of the best score, and s is its largest cosine with a candidate that is already ranked, both by their stored
/// vectors. That value is the hit's new score, and may be negative.
public struct Diversity: Reranker {
    /// The name of the stage in `explain`.
    public let name = "diversity"
    /// The weight of the previous scores relative to the differences, 0...1. 1 keeps the order.
    public let relevance: Float

    init(relevance: Float) { self.relevance = relevance }

    /// Fills the first `limit` ranks with candidates.
    public func rerank(_ candidates: Candidates, limit: Int, into scores: inout CandidateScores) throws {
        guard (0...1).contains(relevance) else {
            throw SparseStoreError(
                .invalidArgument, problem: "the relevance share of the diversity stage is \(relevance)",
                remedy: "use a number from 0 to 1")
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

/// A document's vector, scaled to unit length.
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
    /// Returns a reranker whose top candidates differ from each other. See ``Diversity``.
    ///
    ///     .rerank(.diversity(relevance: 0.7), candidates: 50)
    ///
    /// - Parameter relevance: The weight of the previous scores relative to the differences, 0...1.
    public static func diversity(relevance: Float = 0.5) -> Diversity { Diversity(relevance: relevance) }
}

internal import SparseStore

/// Recall against the exact answers, in a way that a tie cannot spoil.
public struct RecallMetric: Sendable {
    /// How far a score may lie under the k-th true score and still count: what summing floats in another order makes.
    public static let tolerance: Float = 1e-4

    /// The places that were right.
    public let right: Int
    /// The places there are: k.
    public let places: Int
    /// The largest distance between a returned score and the true one, over the documents whose true score is known.
    public let scoreError: Float

    /// Judges `hits`, best first, as an answer of `limit` places to a query whose exact answer is `truth`.
    ///
    /// A returned document is right when its true score reaches the k-th true score less the tolerance. Its true score is
    /// the one in the truth where it is there, otherwise the one it was returned with, which the engine computes exactly.
    /// A missing place is right when the truth has score 0 there: nothing more matches. Where the truth holds fewer than
    /// `limit` answers, only so many places are judged.
    public init(_ hits: [ScoredDocument], truth: GroundTruth.Answer, limit: Int) {
        places = max(min(limit, truth.scores.count), 0)
        guard places > 0 else {
            (right, scoreError) = (0, 0)
            return
        }
        var known: [TextKey: Float] = [:]
        for (row, score) in zip(truth.rows, truth.scores) where known[TextKey(String(row))] == nil {
            known[TextKey(String(row))] = score
        }
        let kth = truth.scores[truth.scores.startIndex + places - 1]
        var right = 0
        var scoreError: Float = 0
        var counted: Set<TextKey> = []
        for hit in hits.prefix(places) {
            let score = known[TextKey(hit.id)] ?? hit.score
            scoreError = max(scoreError, abs(score - hit.score))
            // A document takes one place, however often it is returned.
            if score >= kth - Self.tolerance, counted.insert(TextKey(hit.id)).inserted { right += 1 }
        }
        if hits.count < places {
            let missing = truth.scores.startIndex + hits.count..<truth.scores.startIndex + places
            right += truth.scores[missing].count { $0 <= 0 }
        }
        self.right = right
        self.scoreError = scoreError
    }

    /// The share of right places; 1 where there is nothing to find.
    public var value: Double { places == 0 ? 1 : Double(right) / Double(places) }
}

internal import SparseStore

/// Recall against the exact answers, independent of how ties are ordered.
public struct RecallMetric: Sendable {
    /// How far a score may be below the k-th true score and still count, because floats may be summed in another order.
    public static let tolerance: Float = 1e-4

    /// The number of correct places.
    public let right: Int
    /// The number of places: k.
    public let places: Int
    /// The largest difference between a returned score and the true score, over the documents whose true score is
    /// known.
    public let scoreError: Float

    /// Evaluates `hits`, best first, as an answer of `limit` places to a query whose exact answer is `truth`.
    ///
    /// A returned document is correct if its true score is at least the k-th true score minus the tolerance. Its true
    /// score is the one in the truth if it has one, otherwise the returned score, which the engine computes exactly. A
    /// missing place is correct if the truth has score 0 there, because nothing more matches. If the truth has fewer
    /// than `limit` answers, only that many places are evaluated.
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
            // A document counts once, however often it is returned.
            if score >= kth - Self.tolerance, counted.insert(TextKey(hit.id)).inserted { right += 1 }
        }
        if hits.count < places {
            let missing = truth.scores.startIndex + hits.count..<truth.scores.startIndex + places
            right += truth.scores[missing].count { $0 <= 0 }
        }
        self.right = right
        self.scoreError = scoreError
    }

    /// The fraction of correct places; 1 if there is nothing to find.
    public var value: Double { places == 0 ? 1 : Double(right) / Double(places) }
}

/// A returned document with its score.
public struct ScoredDocument: Sendable, Hashable {
    /// The document's id.
    public let id: String
    /// The document's score, which determines its rank.
    public let score: Float

    /// Creates a document `id` with `score`.
    public init(id: String, score: Float) {
        self.id = id
        self.score = score
    }

    /// Whether the ids have the same bytes and the scores are equal.
    public static func == (a: ScoredDocument, b: ScoredDocument) -> Bool {
        a.score == b.score && TextKey(a.id) == TextKey(b.id)
    }

    /// Feeds the id's bytes to the hasher.
    public func hash(into hasher: inout Hasher) { hasher.combine(TextKey(id)) }
}

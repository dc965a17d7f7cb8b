internal import SparseStore

/// A returned document with its score.
public struct ScoredDocument: Sendable, Hashable {
    /// The document's id.
    public let id: String
    /// The score that determines its rank.
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

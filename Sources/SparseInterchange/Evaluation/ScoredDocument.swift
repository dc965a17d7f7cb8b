/// A returned document with its score.
public struct ScoredDocument: Sendable, Hashable {
    /// The document's id.
    public let id: String
    /// The score that ranked it.
    public let score: Float

    /// The document `id` with `score`.
    public init(id: String, score: Float) {
        self.id = id
        self.score = score
    }
}

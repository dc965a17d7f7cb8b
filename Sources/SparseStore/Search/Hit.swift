/// One document found.
public struct Hit: Sendable, Hashable {
    /// The document's identifier.
    public let id: String
    /// The inner product of the weighted query and the stored document, in Float, summed in ascending term order. In a
    /// search of several stages, what the last stage that scored the document gave it.
    public let score: Float
    /// What made the inner product with the query, as feedback has changed it, largest first; empty unless
    /// ``SearchOptions/contributions`` asked for it.
    public let contributions: [TermContribution]
    /// What each of ``SearchResult/stages`` scored the document with; nil where one did not.
    public var stageScores: [Float?] = []
}

/// What one term added to a hit's score.
public struct TermContribution: Sendable, Hashable {
    /// The term's string, or its number as decimal text.
    public let term: String
    /// The query's weight after the weighting.
    public let queryWeight: Float
    /// The document's weight as stored.
    public let documentWeight: Float
    /// Their product.
    public var contribution: Float { queryWeight * documentWeight }
}

/// One document found.
public struct Hit: Sendable, Hashable {
    /// The document's identifier.
    public let id: String
    /// The inner product of the weighted query and the stored document, in Float, summed in ascending term order. In a
    /// search of several stages, what the last stage that scored the document gave it.
    public internal(set) var score: Float
    /// What made the inner product with the query, as feedback has changed it, largest first; empty unless
    /// ``SearchOptions/contributions`` asked for it.
    public internal(set) var contributions: [TermContribution] = []
    /// What each of ``SearchResult/stages`` scored the document with; nil where one did not.
    public var stageScores: [Float?] = []
    /// The document's payload; nil when it has none, or when ``SearchOptions/fields`` did not ask for it.
    public internal(set) var payload: [UInt8]?
    /// The document's tags, ascending; empty when it has none, or when ``SearchOptions/fields`` did not ask for them.
    public internal(set) var tags: [String] = []
    /// The document's vector; nil when ``SearchOptions/fields`` did not ask for it.
    public internal(set) var vector: SparseContent?
    /// What the document is grouped by; nil without ``SearchOptions/grouping``, and for a document without such a value,
    /// which is a group of its own.
    public internal(set) var group: String?
}

extension Hit {
    /// Whether the identifiers have the same bytes, and all else is equal.
    public static func == (a: Hit, b: Hit) -> Bool {
        TextKey(a.id) == TextKey(b.id) && a.score == b.score && a.contributions == b.contributions
            && a.stageScores == b.stageScores
    }

    /// Feeds the identifier's bytes and the score to the hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(TextKey(id))
        hasher.combine(score)
    }
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

extension TermContribution {
    /// Whether the terms have the same bytes, and the weights are equal.
    public static func == (a: TermContribution, b: TermContribution) -> Bool {
        TextKey(a.term) == TextKey(b.term) && a.queryWeight == b.queryWeight
            && a.documentWeight == b.documentWeight
    }

    /// Feeds the term's bytes to the hasher.
    public func hash(into hasher: inout Hasher) { hasher.combine(TextKey(term)) }
}

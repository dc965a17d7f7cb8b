public import SparseFormat

/// A document that a search has found.
public struct Hit: Sendable, Hashable {
    /// The identifier of the document.
    public let id: String
    /// The inner product of the weighted query and the stored document, in Float, summed in ascending term order. In a
    /// multi-stage search, the score of the last stage that scored the document.
    public internal(set) var score: Float
    /// The contributions of the terms to the inner product with the query (after feedback, if any), largest first.
    /// Empty unless ``SearchOptions/contributions`` requests it.
    public internal(set) var contributions: [TermContribution] = []
    /// The score of the document in each of ``SearchResult/stages``; nil for a stage that did not score it.
    public var stageScores: [Float?] = []
    /// The payload of the document; nil if it has none or if ``SearchOptions/fields`` does not request it.
    public internal(set) var payload: [UInt8]?
    /// The tags of the document, in ascending order; empty if it has none or if ``SearchOptions/fields`` does not
    /// request them.
    public internal(set) var tags: [String] = []
    /// The attributes of the document by name; empty if it has none or if ``SearchOptions/fields`` does not request them.
    public internal(set) var attributes: [String: AttributeValue] = [:]
    /// The vector of the document; nil if ``SearchOptions/fields`` does not request it.
    public internal(set) var vector: SparseContent?
    /// The value that the document is grouped by: that of an attribute, or the prefix of the identifier as a string. Nil
    /// without ``SearchOptions/grouping``, and for a document without a value, which forms its own group.
    public internal(set) var group: AttributeValue?
}

extension Hit {
    /// Returns whether two hits are equal. Identifiers are compared by their bytes.
    public static func == (a: Hit, b: Hit) -> Bool {
        TextKey(a.id) == TextKey(b.id) && a.score == b.score && a.contributions == b.contributions
            && a.stageScores == b.stageScores
    }

    /// Hashes the bytes of the identifier and the score.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(TextKey(id))
        hasher.combine(score)
    }
}

/// The contribution of one term to the score of a hit.
public struct TermContribution: Sendable, Hashable {
    /// The term's string, or its number as decimal text.
    public let term: String
    /// The weight of the term in the query after the weighting.
    public let queryWeight: Float
    /// The stored weight of the term in the document.
    public let documentWeight: Float
    /// The product of the two weights.
    public var contribution: Float { queryWeight * documentWeight }
}

extension TermContribution {
    /// Returns whether the terms have the same bytes and the weights are equal.
    public static func == (a: TermContribution, b: TermContribution) -> Bool {
        TextKey(a.term) == TextKey(b.term) && a.queryWeight == b.queryWeight
            && a.documentWeight == b.documentWeight
    }

    /// Hashes the bytes of the term.
    public func hash(into hasher: inout Hasher) { hasher.combine(TextKey(term)) }
}

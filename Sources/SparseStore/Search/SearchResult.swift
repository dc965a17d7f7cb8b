public import SparseFormat

/// The hits of one search, best first, and details of the search. Equal scores are ordered by identifier.
///
/// With ``SearchOptions/grouping``, the hits of a group are adjacent, best first, and groups are ordered by their best
/// hits.
public struct SearchResult: Sendable, Hashable, RandomAccessCollection {
    /// The hits, best first.
    public internal(set) var hits: [Hit]
    /// The number of the searched commit.
    public let generation: UInt64
    /// The plan by which the hits were found.
    public let plan: SearchPlan
    /// Counters of the work that the search did.
    public let counters: SearchCounters
    /// The reports of all stages, including the first; empty for a single-stage search. ``plan`` and ``counters``
    /// describe the first stage.
    public internal(set) var stages: [StageReport] = []
    /// The number of documents that match the filter and score above 0 and at least the minimum score. Nil unless
    /// ``SearchOptions/countsMatches`` requests it.
    public internal(set) var matches: Int?
    var page: Page?
    /// The errors of shards that could not answer, by position; empty if all answered.
    var failures: [Int: PartFailure] = [:]

    /// The end of this page, for ``SearchOptions/after``; nil if there are no more hits. The next page may be empty.
    /// Hits written between two pages are found if they rank after this page. In a multi-stage search, pages are
    /// consistent only if the store has not changed between them.
    public var cursor: Cursor? { page.flatMap { $0.isFull ? $0.cursor(behind: hits[...]) : nil } }

    /// Whether the documents of the first stage are proven to be the true best of that commit.
    public var isExact: Bool { plan.isExact }

    /// The reason why a stage kept the previous order; nil if all stages succeeded.
    public var fallback: StageReport.Fallback? { stages.lazy.compactMap(\.fallback).first }

    /// The position of the first hit.
    public var startIndex: Int { hits.startIndex }
    /// The position after the last hit.
    public var endIndex: Int { hits.endIndex }
    /// The hit at a position.
    public subscript(position: Int) -> Hit { hits[position] }
}

/// The error of one of several snapshots that are searched together.
struct PartFailure: Sendable, Hashable {
    let error: SparseStoreError

    static func == (a: PartFailure, b: PartFailure) -> Bool {
        a.error.code == b.error.code && a.error.message == b.error.message
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(error.code)
        hasher.combine(error.message)
    }
}

/// A document that a search has found.
public struct Hit: Sendable, Hashable {
    /// The identifier of the document.
    public let id: String
    /// The inner product of the weighted query and the stored document, in Float, summed in ascending term order. In a
    /// multi-stage search, the score of the last stage that scored the document.
    public internal(set) var score: Float
    /// The contributions of the terms to the inner product with the query (after feedback, if any), largest first.
    /// Empty unless ``SearchOptions/includesContributions`` requests it.
    public internal(set) var contributions: [TermContribution] = []
    /// The score of the document in each of ``SearchResult/stages``; nil for a stage that did not score it.
    public internal(set) var stageScores: [Float?] = []
    /// The payload of the document; nil if it has none or if ``SearchOptions/fields`` does not request it.
    public internal(set) var payload: [UInt8]?
    /// The tags of the document, in ascending order; empty if it has none or if ``SearchOptions/fields`` does not
    /// request them.
    public internal(set) var tags: [String] = []
    /// The attributes of the document by name; empty if it has none or if ``SearchOptions/fields`` does not request
    /// them.
    public internal(set) var attributes: [String: AttributeValue] = [:]
    /// The vector of the document; nil if ``SearchOptions/fields`` does not request it.
    public internal(set) var vector: SparseContent?
    /// The value that the document is grouped by: that of an attribute, or the prefix of the identifier as a string.
    /// Nil without ``SearchOptions/grouping``, and for a document without a value, which forms its own group.
    public internal(set) var group: AttributeValue?
}

extension Hit {
    /// Returns whether all properties of two hits are equal. Identifiers and tags are compared by their bytes.
    public static func == (a: Hit, b: Hit) -> Bool {
        TextKey(a.id) == TextKey(b.id) && a.score == b.score && a.contributions == b.contributions
            && a.stageScores == b.stageScores && a.payload == b.payload
            && a.tags.map { TextKey($0) } == b.tags.map { TextKey($0) } && a.attributes == b.attributes
            && a.vector == b.vector && a.group == b.group
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

/// A report on one stage of a multi-stage search.
public struct StageReport: Sendable, Hashable, Codable {
    /// The reason why a stage kept the previous order.
    public enum Fallback: Sendable, Hashable, Codable {
        /// The deadline of the stage passed.
        case deadlinePassed
        /// The model failed with this error.
        case failed(String)

        private enum CodingKeys: String, CodingKey { case failed }
        private static let deadlineName = "deadlinePassed"

        /// Decodes `"deadlinePassed"` or `{"failed": "the error"}`.
        public init(from decoder: any Decoder) throws {
            if let container = try? decoder.singleValueContainer(), let name = try? container.decode(String.self) {
                guard name == Self.deadlineName else {
                    throw DecodingError.dataCorruptedError(
                        in: container, debugDescription: "'\(name)' is not a fallback reason")
                }
                self = .deadlinePassed
            } else {
                self = .failed(try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .failed))
            }
        }

        /// Encodes `"deadlinePassed"` or `{"failed": "the error"}`.
        public func encode(to encoder: any Encoder) throws {
            switch self {
            case .deadlinePassed:
                var container = encoder.singleValueContainer()
                try container.encode(Self.deadlineName)
            case .failed(let error):
                var container = encoder.container(keyedBy: CodingKeys.self)
                try container.encode(error, forKey: .failed)
            }
        }
    }

    /// The name of the stage; `search` for the first stage.
    public let name: String
    /// The number of documents that the stage received.
    public let candidates: Int
    /// The number of documents that the stage scored.
    public let scored: Int
    /// The duration of the stage, in seconds.
    public let seconds: Double
    /// The costs that the stage itself reports, by name.
    public let counters: [String: Int]
    /// The reason why the stage kept the previous order; nil if it did not.
    public internal(set) var fallback: Fallback?
}

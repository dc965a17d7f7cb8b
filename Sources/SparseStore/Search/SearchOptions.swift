internal import SparseFormat

/// The options of a search.
///
///     SearchOptions(limit: 20, filter: .tag("de"), fields: [.payload], countsMatches: true)
public struct SearchOptions: Sendable, Hashable {
    /// The maximum number of hits, 1...`Limits.maximumResults`; with ``grouping``, of groups.
    public var limit: Int
    /// The recall that the search must reach.
    public var recall: Recall
    /// The weighting of the query's terms.
    public var weighting: Weighting
    /// The filter that hits must match; nil for all documents.
    public var filter: Filter?
    /// The minimum score of a hit. In a multi-stage search, it applies to the first stage.
    public var minimumScore: Float?
    /// The fields of documents to return with the hits, read from the searched snapshot.
    public var fields: HitFields
    /// The rule by which documents are grouped; nil for no grouping.
    public var grouping: Grouping?
    /// The end of the previous page; nil for the first page.
    public var after: Cursor?
    /// The number of hits to skip; with ``grouping``, of groups. It counts from the end of ``after``.
    public var offset: Int
    /// Whether to count the matching documents (``SearchResult/matches``). This reads every posting of the query's
    /// terms, regardless of the recall.
    public var countsMatches: Bool
    /// Whether each hit includes the contributions of the terms.
    public var includesContributions: Bool
    /// The time at which the search ends with `deadlineExceeded` if it is not finished; nil for no limit. It is a point
    /// in time, such as `.now + .milliseconds(50)`, so that it covers all stages and attempts.
    public var deadline: ContinuousClock.Instant?

    /// Creates options. By default, a search returns ten hits at a recall of 0.95, and uses a query vector's weights
    /// unchanged.
    public init(
        limit: Int = 10, recall: Recall = .target(0.95), weighting: Weighting = .automatic, filter: Filter? = nil,
        minimumScore: Float? = nil, fields: HitFields = [], grouping: Grouping? = nil, after: Cursor? = nil,
        offset: Int = 0, countsMatches: Bool = false, includesContributions: Bool = false,
        deadline: ContinuousClock.Instant? = nil
    ) {
        self.limit = limit
        self.recall = recall
        self.weighting = weighting
        self.filter = filter
        self.minimumScore = minimumScore
        self.fields = fields
        self.grouping = grouping
        self.after = after
        self.offset = offset
        self.countsMatches = countsMatches
        self.includesContributions = includesContributions
        self.deadline = deadline
    }

    /// - Throws: `invalidArgument` for a value outside its range, `limitExceeded` for a filter beyond its limits.
    func check() throws(SparseStoreError) {
        guard (1...Limits.maximumResults).contains(limit) else {
            throw SparseStoreError(
                .invalidArgument, problem: "the limit is \(limit)",
                remedy: "use 1...\(Limits.maximumResults)")
        }
        guard (0...Limits.maximumResults).contains(offset) else {
            throw SparseStoreError(
                .invalidArgument, problem: "the offset is \(offset)",
                remedy: "use 0...\(Limits.maximumResults), or continue with a cursor")
        }
        if case .target(let share) = recall, !(0...1).contains(share) {
            throw SparseStoreError(
                .invalidArgument, problem: "the recall target is \(share)",
                remedy: "use a number from 0 to 1")
        }
        if case .plainSeismic(let cut, let heapFactor) = recall, cut < 1 || !(0...1).contains(heapFactor) {
            throw SparseStoreError(
                .invalidArgument, problem: "the cut of plain Seismic is \(cut) and its heap factor is \(heapFactor)",
                remedy: "use a cut of 1 or more and a factor from 0 to 1")
        }
        if let minimumScore, !minimumScore.isFinite {
            throw SparseStoreError(
                .invalidArgument, problem: "the minimum score is \(minimumScore)",
                remedy: "use a finite number")
        }
        try grouping?.check()
        try filter?.check()
        if case .filteredIDF(let filter) = weighting { try filter.check() }
    }
}

/// The fields of documents that the hits of a search include.
public struct HitFields: OptionSet, Sendable, Hashable {
    /// The bits of the fields.
    public let rawValue: UInt8

    /// Creates a set of fields from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Includes the payload of each document in its hit.
    public static let payload = HitFields(rawValue: 1)
    /// Includes the tags of each document in its hit.
    public static let tags = HitFields(rawValue: 2)
    /// Includes the sparse vector of each document in its hit.
    public static let vector = HitFields(rawValue: 4)
    /// Includes the attributes of each document in its hit.
    public static let attributes = HitFields(rawValue: 8)
    /// Includes all fields of each document in its hit.
    public static let all: HitFields = [.payload, .tags, .vector, .attributes]
}

/// The rule by which a result groups documents.
public struct Grouping: Sendable, Hashable {
    let key: GroupKey
    /// The maximum number of documents to return for each group, at least 1.
    public let best: Int

    /// Groups documents by the prefix of their identifiers up to the first separator. With the separator "#", the
    /// documents "news/42#1" and "news/42#2" are in the group "news/42". A document without the separator is in the
    /// group named by its whole identifier.
    ///
    /// - Parameters:
    ///   - separator: The separator, at least one byte.
    ///   - best: The maximum number of documents to return for each group, at least 1.
    public static func byIDPrefix(upTo separator: String, best: Int = 1) -> Grouping {
        Grouping(key: .idPrefix(separator: TextKey(separator)), best: best)
    }

    /// Groups documents by the value of an attribute: `.by("parent", best: 2)`. A document without the attribute forms
    /// its own group, which has no value; to leave such documents out, filter by `.attribute("parent").exists`. A
    /// search throws `invalidArgument` for an attribute that no document has had and for an attribute whose values are
    /// lists.
    ///
    /// - Parameters:
    ///   - attribute: The name of the attribute. Its values are not lists.
    ///   - best: The maximum number of documents to return for each group, at least 1.
    public static func by(_ attribute: String, best: Int = 1) -> Grouping {
        Grouping(key: .attribute(TextKey(attribute)), best: best)
    }

    /// Groups documents by a key in the form of the command line: the name of an attribute, or `id:` and a separator.
    ///
    ///     try Grouping(parsing: "id:#", best: 2)    // the same as .byIDPrefix(upTo: "#", best: 2)
    ///
    /// - Parameters:
    ///   - text: The key.
    ///   - best: The maximum number of documents to return for each group, at least 1.
    /// - Throws: `invalidArgument` if the name or the separator is empty.
    public init(parsing text: String, best: Int = 1) throws(SparseStoreError) {
        guard !text.isEmpty, text != "id:" else {
            throw SparseStoreError(
                .invalidArgument,
                problem: "'\(text)' is not a key to group by",
                remedy: "use the name of an attribute, or 'id:' and a separator, such as 'id:#'")
        }
        self = text.hasPrefix("id:") ? .byIDPrefix(upTo: String(text.dropFirst(3)), best: best) : .by(text, best: best)
    }

    private init(key: GroupKey, best: Int) {
        self.key = key
        self.best = best
    }

    /// - Throws: `invalidArgument`.
    func check() throws(SparseStoreError) {
        guard (1...Limits.maximumResults).contains(best) else {
            throw SparseStoreError(
                .invalidArgument, problem: "the number of documents per group is \(best)",
                remedy: "use 1...\(Limits.maximumResults)")
        }
        if case .idPrefix(let separator) = key, separator.text.isEmpty {
            throw SparseStoreError(
                .invalidArgument, problem: "the separator for grouping by identifier is empty",
                remedy: "use at least one character")
        }
    }
}

/// The required recall of a search, relative to the exact result.
public enum Recall: Sendable, Hashable {
    /// The true top k, as found by brute force.
    case exact
    /// The planner's cheapest plan that still finds most of the top k.
    case fast
    /// At least this share of the true top k on average, 0...1.
    case target(Double)
    /// The original Seismic algorithm on the block index, for comparisons. It searches `cut` lists one after the other,
    /// and in each list the blocks whose summaries reach at least `heapFactor` of the k-th best score so far. Requires
    /// a block index (``Store/buildBlocks(_:isCancelled:progress:)``).
    case plainSeismic(cut: Int, heapFactor: Double)
}

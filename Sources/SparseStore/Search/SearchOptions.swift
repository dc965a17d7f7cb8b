internal import SparseFormat

/// Everything a search can be asked for beside its query.
///
///     SearchOptions(limit: 20, filter: .tag("de"), fields: [.payload], countsMatches: true)
public struct SearchOptions: Sendable, Hashable {
    /// How many hits at the most, 1...`Limits.maximumResults`; with ``grouping``, how many groups.
    public var limit: Int
    /// How close to the exact answer the hits must come.
    public var recall: Recall
    /// What multiplies the query's weights.
    public var weighting: Weighting
    /// Which documents may be found; nil for all.
    public var filter: Filter?
    /// Hits with a lower score are left out. In a search of several stages this is the score of the first one.
    public var minimumScore: Float?
    /// What hits bring of their documents, from the snapshot that is searched.
    public var fields: HitFields
    /// What documents have in common that are shown together; nil when each counts alone.
    public var grouping: Grouping?
    /// The end of the page before; nil for the first page.
    public var after: Cursor?
    /// How many hits are passed over before the first one that is answered with; with ``grouping``, how many groups. They
    /// are counted from where ``after`` ends.
    public var offset: Int
    /// Whether the result says how many documents match (``SearchResult/matches``). It costs a look at every posting of the
    /// query's terms, whatever the recall.
    public var countsMatches: Bool
    /// Whether each hit says what each term contributed.
    public var contributions: Bool
    /// When the search ends with `deadlineExceeded` if it is not done; nil for never. A point in time, so that a search of
    /// several stages or attempts has one for all of them: `.now + .milliseconds(50)`.
    public var deadline: ContinuousClock.Instant?

    /// Options of a search. By default it answers with ten hits at a recall of 0.95, by the query's own weights.
    public init(
        limit: Int = 10, recall: Recall = .target(0.95), weighting: Weighting = .none, filter: Filter? = nil,
        minimumScore: Float? = nil, fields: HitFields = [], grouping: Grouping? = nil, after: Cursor? = nil,
        offset: Int = 0, countsMatches: Bool = false, contributions: Bool = false,
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
        self.contributions = contributions
        self.deadline = deadline
    }

    /// - Throws: `invalidArgument` for a value outside its range, `limitExceeded` for a filter beyond its limits.
    func check() throws(SparseStoreError) {
        guard (1...Limits.maximumResults).contains(limit) else {
            throw SparseStoreError(
                .invalidArgument, "the limit is \(limit); ask for 1...\(Limits.maximumResults) hits")
        }
        guard (0...Limits.maximumResults).contains(offset) else {
            throw SparseStoreError(
                .invalidArgument, "the offset is \(offset); give 0...\(Limits.maximumResults), or go on with a cursor")
        }
        if case .target(let share) = recall, !(0...1).contains(share) {
            throw SparseStoreError(.invalidArgument, "the recall target is \(share); it is a share from 0 to 1")
        }
        if case .plainSeismic(let cut, let heapFactor) = recall, cut < 1 || !(0...1).contains(heapFactor) {
            throw SparseStoreError(
                .invalidArgument,
                "plain Seismic was asked for with a cut of \(cut) and a heap factor of \(heapFactor); the cut is 1 or more "
                    + "lists, the factor 0 to 1")
        }
        if let minimumScore, !minimumScore.isFinite {
            throw SparseStoreError(.invalidArgument, "the minimum score is \(minimumScore); it must be finite")
        }
        try grouping?.check()
        try filter?.check()
        if case .filteredIDF(let filter) = weighting { try filter.check() }
    }
}

/// What the hits of a search bring of their documents.
public struct HitFields: OptionSet, Sendable, Hashable {
    /// A bit for each field.
    public let rawValue: UInt8

    /// Makes a set of fields from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The payload.
    public static let payload = HitFields(rawValue: 1)
    /// The tags.
    public static let tags = HitFields(rawValue: 2)
    /// The sparse vector.
    public static let vector = HitFields(rawValue: 4)
    /// Everything.
    public static let all: HitFields = [.payload, .tags, .vector]
}

/// What documents have in common that an answer shows together.
public struct Grouping: Sendable, Hashable {
    let key: GroupKey
    /// How many documents of a group are answered with at the most, at least 1.
    public let best: Int

    /// Groups documents by the beginning of their identifiers, up to the first separator: with the separator "#" the
    /// documents "news/42#1" and "news/42#2" are of the group "news/42". A document without the separator is in the group
    /// that its whole identifier names.
    ///
    /// - Parameters:
    ///   - separator: at least one byte.
    ///   - best: how many documents of a group are answered with at the most, at least 1.
    public static func byIDPrefix(upTo separator: String, best: Int = 1) -> Grouping {
        Grouping(key: .idPrefix(separator: separator), best: best)
    }

    /// - Throws: `invalidArgument`.
    func check() throws(SparseStoreError) {
        guard (1...Limits.maximumResults).contains(best) else {
            throw SparseStoreError(
                .invalidArgument,
                "the best \(best) documents of each group were asked for; ask for 1...\(Limits.maximumResults)")
        }
        if case .idPrefix(let separator) = key, separator.isEmpty {
            throw SparseStoreError(
                .invalidArgument, "the separator of a grouping by identifiers is empty; give at least one character")
        }
    }
}

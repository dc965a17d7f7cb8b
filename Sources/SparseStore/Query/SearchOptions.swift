/// Everything a search can be asked for beside its query.
public struct SearchOptions: Sendable, Hashable {
    /// How many hits at the most, 1...`Limits.maximumResults`.
    public var limit = 10
    /// How close to the exact answer the hits must come.
    public var recall = Recall.target(0.95)
    /// What multiplies the query's weights.
    public var weighting = Weighting.none
    /// Which documents may be found; nil for all.
    public var filter: Filter?
    /// Hits with a lower score are left out.
    public var minimumScore: Float?
    /// Whether each hit says what each term contributed.
    public var contributions = false

    /// Ten hits, recall 0.95, the query's own weights.
    public init() {}
}

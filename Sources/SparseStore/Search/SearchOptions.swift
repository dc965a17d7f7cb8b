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
    /// When the search ends with `deadlineExceeded` if it is not done; nil for never. A point in time, so that a search of
    /// several stages or attempts has one for all of them: `.now + .milliseconds(50)`.
    public var deadline: ContinuousClock.Instant?

    /// Ten hits, recall 0.95, the query's own weights.
    public init() {}
}

/// How much of each window a search reads.
struct ScanPlan: CandidatePlan, Sendable, Hashable {
    /// Share of the query's possible score: terms that together cannot bring more are left out.
    var dropped: Float
    /// A level is read when its mean code brings at least this share of the query's possible score.
    var floor: Float
    /// Documents scored exactly: so many...
    var candidates: Int
    /// ... and so many for each hit asked for.
    var candidatesPerHit: Float
}

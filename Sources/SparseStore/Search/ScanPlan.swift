/// The parameters of a scan, which determine how much of each window it reads.
struct ScanPlan: CandidatePlan, Sendable, Hashable {
    /// The share of the query's possible score that skipped terms may contribute together.
    var dropped: Float
    /// The share of the query's possible score that a level's mean code must contribute for the level to be read.
    var floor: Float
    /// The fixed part of the number of documents to score exactly.
    var candidates: Int
    /// The part of that number for each requested hit.
    var candidatesPerHit: Float
}

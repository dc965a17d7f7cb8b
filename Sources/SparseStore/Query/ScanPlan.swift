internal import SparseFormat

/// How much of each window a search reads.
struct ScanPlan: Sendable, Hashable {
    /// Levels of each list that are read, 1...`WindowLevels.count`.
    var levels: Int
    /// Share of the query's possible score: terms that together cannot bring more are left out.
    var dropped: Float
    /// A level is read when its mean code brings at least this share of the query's possible score.
    var floor: Float
    /// Documents scored exactly: so many...
    var candidates: Int
    /// ... and so many for each hit asked for.
    var candidatesPerHit: Float

    func candidateCount(limit: Int) -> Int {
        max(limit, candidates + Int((candidatesPerHit * Float(limit)).rounded(.up)))
    }
}

/// The plans by rising effort, each about as fast as a plan of its recall can be on the collections in
/// Benchmarks/RESULTS.md ("The ladder").
enum ScanLadder {
    static let plans: [ScanPlan] = [
        ScanPlan(levels: 4, dropped: 0.20, floor: 0.012, candidates: 15, candidatesPerHit: 1.3),
        ScanPlan(levels: 5, dropped: 0.10, floor: 0.012, candidates: 17, candidatesPerHit: 1.35),
        ScanPlan(levels: 6, dropped: 0.06, floor: 0.012, candidates: 20, candidatesPerHit: 1.5),
        ScanPlan(levels: 6, dropped: 0.10, floor: 0.008, candidates: 25, candidatesPerHit: 1.6),
        ScanPlan(levels: 7, dropped: 0.06, floor: 0.008, candidates: 25, candidatesPerHit: 1.7),
        ScanPlan(levels: 7, dropped: 0.06, floor: 0.004, candidates: 40, candidatesPerHit: 2.0),
        ScanPlan(levels: 8, dropped: 0.03, floor: 0.002, candidates: 50, candidatesPerHit: 2.2),
        ScanPlan(levels: 8, dropped: 0.00, floor: 0.000, candidates: 60, candidatesPerHit: 2.5),
    ]

    /// What a store that was never tuned is taken to reach: what `mix` reached, less a margin for other data.
    static let assumedRecall: [Double] = [0.85, 0.92, 0.945, 0.96, 0.975, 0.985, 0.992, 0.997]
}

/// The measured plans that the planner chooses from, in order of effort.
///
/// They were selected from a grid of 400 plans. Together they come within 3 % of the fastest plan in the grid for every
/// recall from 0.90 to 0.999 on the collections in Benchmarks/RESULTS.md ("The ladder").
enum ScanLadder {
    static let plans: [ScanPlan] = [
        ScanPlan(dropped: 0.3, floor: 0.016, candidates: 15, candidatesPerHit: 1),
        ScanPlan(dropped: 0.3, floor: 0.016, candidates: 25, candidatesPerHit: 1.7),
        ScanPlan(dropped: 0.2, floor: 0.016, candidates: 15, candidatesPerHit: 1),
        ScanPlan(dropped: 0.3, floor: 0.008, candidates: 15, candidatesPerHit: 1),
        ScanPlan(dropped: 0.1, floor: 0.016, candidates: 15, candidatesPerHit: 1),
        ScanPlan(dropped: 0.2, floor: 0.012, candidates: 15, candidatesPerHit: 1),
        ScanPlan(dropped: 0.2, floor: 0.008, candidates: 15, candidatesPerHit: 1),
        ScanPlan(dropped: 0.1, floor: 0.012, candidates: 15, candidatesPerHit: 1),
        ScanPlan(dropped: 0.2, floor: 0.008, candidates: 25, candidatesPerHit: 1.7),
        ScanPlan(dropped: 0.1, floor: 0.008, candidates: 15, candidatesPerHit: 1),
        ScanPlan(dropped: 0.1, floor: 0.008, candidates: 25, candidatesPerHit: 1.7),
        ScanPlan(dropped: 0.1, floor: 0.004, candidates: 15, candidatesPerHit: 1),
        ScanPlan(dropped: 0.1, floor: 0.004, candidates: 25, candidatesPerHit: 1.7),
        ScanPlan(dropped: 0, floor: 0.004, candidates: 15, candidatesPerHit: 1),
        ScanPlan(dropped: 0, floor: 0.004, candidates: 25, candidatesPerHit: 1.7),
        ScanPlan(dropped: 0, floor: 0.002, candidates: 15, candidatesPerHit: 1),
    ]

    /// The assumed recall of a store that was never tuned: the worst measured at k = 10, minus a margin for other data.
    static let assumedRecall: [Double] = [
        0.83, 0.89, 0.86, 0.90, 0.87, 0.91, 0.94, 0.925, 0.965, 0.96, 0.975, 0.985, 0.99, 0.992, 0.995, 0.997,
    ]
}

internal import SparseFormat

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// Turns what a caller asks for into how much is read.
struct Planner {
    /// What was measured on this store; nil before the first tuning.
    let tuning: TuningRecord?
    /// Documents in the windows.
    let documents: Int

    /// Below this an exact search costs no more than a planned one.
    static let exactBelow = 4_096

    struct Choice {
        /// Nil for an exact search.
        let scan: ScanPlan?
        let description: SearchPlan
    }

    /// - Parameter share: of the documents, those that a filter lets through; 1 without a filter.
    func choose(_ recall: Recall, limit: Int, share: Double = 1) -> Choice {
        switch recall {
        case .exact: return exact("exact was asked for")
        case .fast: return effort(0, limit, share, "the least effort was asked for")
        case .target(let target):
            if documents < Self.exactBelow { return exact("\(documents) documents are few enough for an exact search") }
            guard let effort = ScanLadder.plans.indices.first(where: { self.recall($0, limit, share) >= target }) else {
                return exact("no planned effort reaches a recall of \(target)")
            }
            return self.effort(effort, limit, share, "the least effort that reaches a recall of \(target)")
        }
    }

    /// The recall of an effort at k = `limit`: of the nearest measured k, the worse of both where it lies between two.
    ///
    /// The best k of a share of the documents lie about as deep as the best k / share of all, where more counts of what a
    /// plan leaves out. But as many are scored as for k: between two measured depths recall falls evenly with the
    /// logarithm.
    private func recall(_ effort: Int, _ limit: Int, _ share: Double) -> Double {
        guard let tuning else { return ScanLadder.assumedRecall[effort] }
        let points = tuning.points.filter { Int($0.effort) == effort }
        let depth = Double(limit) / min(1, max(share, 1e-6))
        let below = points.last { Double($0.limit) <= depth }
        let above = points.first { Double($0.limit) >= depth }
        guard let below, let above, below.limit < above.limit else {
            return (below ?? above).map { Double($0.recall) } ?? ScanLadder.assumedRecall[effort]
        }
        guard share < 1 else { return Double(min(below.recall, above.recall)) }
        let part = log(depth / Double(below.limit)) / log(Double(above.limit) / Double(below.limit))
        return Double(below.recall) + part * Double(above.recall - below.recall)
    }

    private func effort(_ effort: Int, _ limit: Int, _ share: Double, _ reason: String) -> Choice {
        let plan = ScanLadder.plans[effort]
        return Choice(
            scan: plan,
            description: SearchPlan(
                isExact: false, effort: effort, expectedRecall: recall(effort, limit, share), isTuned: tuning != nil,
                levels: plan.levels, droppedShare: plan.dropped, levelFloor: plan.floor,
                candidates: plan.candidateCount(limit: limit), reason: reason))
    }

    private func exact(_ reason: String) -> Choice {
        Choice(
            scan: nil,
            description: SearchPlan(
                isExact: true, effort: nil, expectedRecall: nil, isTuned: tuning != nil, levels: nil,
                droppedShare: nil, levelFloor: nil, candidates: nil, reason: reason))
    }
}

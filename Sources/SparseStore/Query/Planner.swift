internal import SparseFormat

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

    func choose(_ recall: Recall, limit: Int) -> Choice {
        switch recall {
        case .exact: return exact("exact was asked for")
        case .fast: return effort(0, limit, "the least effort was asked for")
        case .target(let target):
            if documents < Self.exactBelow { return exact("\(documents) documents are few enough for an exact search") }
            guard let effort = ScanLadder.plans.indices.first(where: { self.recall($0, limit) >= target }) else {
                return exact("no planned effort reaches a recall of \(target)")
            }
            return self.effort(effort, limit, "the least effort that reaches a recall of \(target)")
        }
    }

    /// The recall of an effort at k = `limit`: of the nearest measured k, the worse of both where it lies between two.
    private func recall(_ effort: Int, _ limit: Int) -> Double {
        guard let tuning else { return ScanLadder.assumedRecall[effort] }
        let points = tuning.points.filter { Int($0.effort) == effort }
        let below = points.last { Int($0.limit) <= limit }
        let above = points.first { Int($0.limit) >= limit }
        let measured = [below, above].compactMap { $0?.recall }.min()
        return measured.map(Double.init) ?? ScanLadder.assumedRecall[effort]
    }

    private func effort(_ effort: Int, _ limit: Int, _ reason: String) -> Choice {
        let plan = ScanLadder.plans[effort]
        return Choice(
            scan: plan,
            description: SearchPlan(
                isExact: false, effort: effort, expectedRecall: recall(effort, limit), isTuned: tuning != nil,
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

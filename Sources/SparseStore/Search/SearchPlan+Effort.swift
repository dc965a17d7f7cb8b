extension SearchPlan {
    /// Creates the plan of an exact search.
    init(exactly reason: String, isTuned: Bool) {
        self.init(
            isExact: true, effort: nil, expectedRecall: nil, isTuned: isTuned, droppedShare: nil, levelFloor: nil,
            blockLists: nil, heapFactor: nil, candidates: nil, reason: reason)
    }

    /// Creates the plan of an approximate search.
    ///
    /// - Parameter number: The number of an effort of the ladder; nil for another plan.
    init(
        _ effort: Effort, number: Int?, expectedRecall: Double?, isTuned: Bool, limit: Int, _ reason: String
    ) {
        let windows: ScanPlan? = if case .windows(let plan) = effort { plan } else { nil }
        let blocks: BlockPlan? = if case .blocks(let plan) = effort { plan } else { nil }
        self.init(
            isExact: false, effort: number, expectedRecall: expectedRecall, isTuned: isTuned,
            droppedShare: windows?.dropped, levelFloor: windows?.floor, blockLists: blocks?.lists,
            heapFactor: blocks?.heapFactor, candidates: effort.candidateCount(limit: limit), reason: reason)
    }

    /// Returns the plan with another reason and whether the result turned out to be exact.
    func amended(isExact: Bool, _ reason: String) -> SearchPlan {
        guard !isExact else { return SearchPlan(exactly: reason, isTuned: isTuned) }
        return SearchPlan(
            isExact: false, effort: effort, expectedRecall: expectedRecall, isTuned: isTuned,
            droppedShare: droppedShare, levelFloor: levelFloor, blockLists: blockLists, heapFactor: heapFactor,
            candidates: candidates, reason: reason)
    }
}

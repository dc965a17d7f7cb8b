extension SearchPlan {
    /// The plan as a filter has changed it.
    func filtered(_ counters: SearchCounters) -> SearchPlan {
        let what =
            "\(reason); the filter lets \(counters.filteredDocuments) documents through: \(counters.segmentsScanned) "
            + "segments were scanned under it, the few documents of \(counters.segmentsScored) others all scored"
        // What was scored whole needs no plan: without a scanned segment nothing was left out.
        if isExact || counters.segmentsScanned == 0 {
            return SearchPlan(
                isExact: true, effort: nil, expectedRecall: nil, isTuned: isTuned, levels: nil, droppedShare: nil,
                levelFloor: nil, candidates: nil, reason: what)
        }
        return SearchPlan(
            isExact: false, effort: effort, expectedRecall: expectedRecall, isTuned: isTuned, levels: levels,
            droppedShare: droppedShare, levelFloor: levelFloor, candidates: candidates, reason: what)
    }
}

extension WindowSearch {
    /// Runs the search, and says how it was done in the end.
    ///
    /// - Parameter description: of the plan, as the planner has chosen it.
    func run(
        _ description: SearchPlan, _ scratch: ScanScratch, _ counters: inout SearchCounters
    ) throws -> (hits: [Scored], plan: SearchPlan) {
        let hits = try run(scratch, &counters)
        // What a plan leaves out may be all that some documents share with the query: an answer that is not full is
        // sought again with nothing left out. (A minimum score may be why it is not full.)
        if effort != nil, counters.isPartial, hits.count < limit, minimumScore == nil {
            var exact = SearchCounters()
            let whole = WindowSearch(
                index: index, query: query, limit: limit, minimumScore: nil, effort: nil, allowed: allowed,
                budget: budget)
            let all = try whole.run(scratch, &exact)
            counters.add(exact)
            return (all, outcome(description, exact, isExact: true))
        }
        // Where nothing was scanned, nothing was left out.
        let isExact = description.isExact || !counters.isPartial
        return (hits, outcome(description, counters, isExact: isExact))
    }

    /// The plan as the search and its filter have changed it.
    private func outcome(_ chosen: SearchPlan, _ counters: SearchCounters, isExact: Bool) -> SearchPlan {
        if allowed == nil, isExact == chosen.isExact { return chosen }
        var reason = chosen.reason
        if allowed != nil {
            reason +=
                "; the filter lets \(counters.filteredDocuments) documents through: "
                + "\(counters.segmentsScanned) segments scanned, \(counters.segmentsScored) scored whole"
        }
        if isExact, !chosen.isExact { reason += "; the answer is exact" }
        return chosen.amended(isExact: isExact, reason)
    }
}

extension SearchCounters {
    /// Whether lists were read, of which a plan leaves something out.
    fileprivate var isPartial: Bool { segmentsScanned > 0 || lists > 0 }

    /// Adds the costs of a second pass over the same segments; what they hold is not counted twice.
    fileprivate mutating func add(_ other: SearchCounters) {
        segments = max(segments, other.segments)
        lists += other.lists
        postings += other.postings
        blocks += other.blocks
        blocksSkipped += other.blocksSkipped
        documentsEstimated += other.documentsEstimated
        lines += other.lines
        chunksDecoded += other.chunksDecoded
        chunksCached += other.chunksCached
        candidates += other.candidates
        documentsScored += other.documentsScored
        segmentsScanned = max(segmentsScanned, other.segmentsScanned)
        segmentsScored = max(segmentsScored, other.segmentsScored)
    }
}

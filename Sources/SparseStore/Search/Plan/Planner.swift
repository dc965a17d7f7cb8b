internal import Platform
internal import SparseFormat

/// Chooses how much a search reads to meet the requested recall.
struct Planner {
    /// The number of documents in the windows.
    let documents: Int
    /// The measurements of each effort and of the exact search on this store, ascending by k; empty before the first
    /// tuning.
    private let curves: [[TuningRecord.Point]]
    /// The efforts that this store supports.
    private let efforts: [Int]
    private let exactCurve: [TuningRecord.Point]

    init(tuning: TuningRecord?, documents: Int, hasBlocks: Bool = false) {
        self.documents = documents
        let points = tuning?.points ?? []
        let curves = Effort.ladder.indices.map { effort in
            points.filter { $0.effort == Effort.number(of: effort) }
        }
        efforts = Effort.ladder.indices.filter { !Effort.ladder[$0].usesBlocks || hasBlocks && !curves[$0].isEmpty }
        self.curves = curves.allSatisfy(\.isEmpty) ? [] : curves
        exactCurve = points.filter { $0.effort == Effort.exactNumber }
    }

    /// The number of documents below which an exact search is as cheap as a planned one.
    static let exactBelow = 4_096
    /// The minimum share of documents that a filter must allow for a search of blocks.
    private static let shareForBlocks = 0.5

    /// The share of documents below which a filter is assumed to cost no more recall.
    private static let leastShare = 0.25

    struct Choice {
        /// Nil for an exact search.
        let effort: Effort?
        let description: SearchPlan
    }

    /// - Parameters:
    ///   - share: The share of documents that a filter allows; 1 without a filter.
    ///   - damage: The reason why the block index cannot be used.
    ///   - hasGroups: Whether the limit counts groups. A block index then does not know how many documents to keep.
    ///   - hasNegativeWeight: Whether the query has a negative weight. Levels and summaries bound what documents gain
    ///     but not what they lose, so no plan can guarantee a recall.
    func choose(
        _ recall: Recall, limit: Int, share: Double = 1, without damage: BlockDamage? = nil, hasGroups: Bool = false,
        hasNegativeWeight: Bool = false
    ) -> Choice {
        if hasNegativeWeight {
            switch recall {
            case .fast, .target: return exact("the query has negative weights")
            case .exact, .plainSeismic: break
            }
        }
        let choice = choose(recall, limit: limit, share: share, usingBlocks: damage == nil && !hasGroups)
        guard let damage, case .target = recall else { return choice }
        let plan = choice.description
        return Choice(
            effort: choice.effort,
            description: plan.amended(
                isExact: plan.isExact,
                plan.reason + "; the block index is damaged and was not used: \(damage.sentence)"))
    }

    private func choose(_ recall: Recall, limit: Int, share: Double, usingBlocks: Bool) -> Choice {
        switch recall {
        case .exact: return exact("an exact search was requested")
        case .fast: return effort(0, limit: limit, share: share, reason: "the lowest effort was requested")
        case .plainSeismic(let cut, let heapFactor):
            let plan = Effort.blocks(.plainSeismic(cut: cut, heapFactor: Float(heapFactor)))
            return Choice(
                effort: plan,
                description: SearchPlan(
                    plan, number: nil, expectedRecall: nil, isTuned: false, limit: limit, "plain Seismic was requested")
            )
        case .target(let target):
            if documents < Self.exactBelow { return exact("\(documents) documents are few enough for an exact search") }
            // Under a filter that lets few through, blocks would be visited for what cannot be found.
            let fit = efforts.filter {
                self.recall($0, limit, share) >= target
                    && (usingBlocks && share >= Self.shareForBlocks || !Effort.ladder[$0].usesBlocks)
            }
            guard let fastest = fit.min(by: { time($0, limit) < time($1, limit) }) else {
                return exact("no planned effort reaches a recall of \(target)")
            }
            if share == 1, let exactTime = time(exactCurve, limit), exactTime <= time(fastest, limit) {
                return exact("an exact search takes no longer than a recall of \(target)")
            }
            return effort(
                fastest, limit: limit, share: share, reason: "the fastest effort that reaches a recall of \(target)")
        }
    }

    /// Whether efforts of this ladder were measured. After tuning, an effort that was not measured counts as reaching
    /// no recall.
    private var isMeasured: Bool { !curves.isEmpty }

    /// Returns the time of an effort at k = `limit`. Before the first tuning, times follow the order of efforts.
    private func time(_ effort: Int, _ limit: Int) -> Float {
        isMeasured ? time(curves[effort], limit) ?? .infinity : Float(effort)
    }

    /// Returns the time at the measured k that is nearest by ratio; nil if none was measured.
    private func time(_ curve: [TuningRecord.Point], _ limit: Int) -> Float? {
        guard var nearest = curve.first else { return nil }
        for point in curve where limit * limit > Int(nearest.limit) * Int(point.limit) { nearest = point }
        return nearest.time
    }

    /// Returns the recall of an effort at the measured k nearest to `limit`; between two measured k, the worse of both.
    ///
    /// The best k documents of a share lie deeper than those of all documents, where more of what a plan skips matters.
    /// Between two measured depths, recall is interpolated linearly in the logarithm of the depth. But it does not fall
    /// as it does with k, because the documents of a share lie further apart, too: measured with the same effort,
    /// shares of a half and less lose about the same, and a share that has much in common a little more
    /// (Benchmarks/RESULTS.md, "Attributes").
    private func recall(_ effort: Int, _ limit: Int, _ share: Double) -> Double {
        // Efforts of blocks are used only after they were measured.
        guard isMeasured else { return ScanLadder.assumedRecall[effort] }
        let points = curves[effort]
        let depth = Double(limit) / min(1, max(share, Self.leastShare))
        let below = points.last { Double($0.limit) <= depth }
        let above = points.first { Double($0.limit) >= depth }
        guard let below, let above, below.limit < above.limit else {
            return (below ?? above).map { Double($0.recall) } ?? 0
        }
        guard share < 1 else { return Double(min(below.recall, above.recall)) }
        let part = log(depth / Double(below.limit)) / log(Double(above.limit) / Double(below.limit))
        return Double(below.recall) + part * Double(above.recall - below.recall)
    }

    private func effort(_ effort: Int, limit: Int, share: Double, reason: String) -> Choice {
        let chosen = Effort.ladder[effort]
        return Choice(
            effort: chosen,
            description: SearchPlan(
                chosen, number: effort, expectedRecall: recall(effort, limit, share), isTuned: isMeasured, limit: limit,
                reason))
    }

    private func exact(_ reason: String) -> Choice {
        Choice(effort: nil, description: SearchPlan(exactly: reason, isTuned: isMeasured))
    }
}

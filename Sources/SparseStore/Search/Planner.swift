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
    /// Documents in the windows, and how many components they have at the mean.
    let documents: Int
    let components: Double
    /// The share of them that are in compact segments.
    let lookups: Double
    /// What was measured on this store of each effort, and of the exact search, ascending by k; empty before the first
    /// tuning.
    private let curves: [[TuningRecord.Point]]
    /// The efforts that this store can be searched with.
    private let efforts: [Int]
    private let exactCurve: [TuningRecord.Point]

    init(tuning: TuningRecord?, documents: Int, components: Double, lookups: Double = 0, hasBlocks: Bool = false) {
        self.documents = documents
        self.components = components
        self.lookups = lookups
        let points = tuning?.points ?? []
        let curves = Effort.ladder.indices.map { effort in
            points.filter { $0.effort == Effort.number(of: effort) }
        }
        efforts = Effort.ladder.indices.filter { !Effort.ladder[$0].usesBlocks || hasBlocks && !curves[$0].isEmpty }
        self.curves = curves.allSatisfy(\.isEmpty) ? [] : curves
        exactCurve = points.filter { $0.effort == Effort.exactNumber }
    }

    /// Below this an exact search costs no more than a planned one.
    static let exactBelow = 4_096
    /// The least share of the documents that a filter must let through for a search of blocks.
    static let shareForBlocks = 0.5

    struct Choice {
        /// Nil for an exact search.
        let effort: Effort?
        let description: SearchPlan
    }

    /// - Parameters:
    ///   - share: of the documents, those that a filter lets through; 1 without a filter.
    ///   - damage: why the block index cannot be used.
    ///   - hasGroups: whether the limit is one of groups, so that a block index does not know how many documents to keep.
    ///   - hasNegativeWeight: whether the query has one. Levels and summaries say what documents gain and not what they
    ///     lose, so that no plan can promise a recall.
    func choose(
        _ recall: Recall, limit: Int, share: Double = 1, without damage: BlockDamage? = nil, hasGroups: Bool = false,
        hasNegativeWeight: Bool = false
    ) -> Choice {
        if hasNegativeWeight {
            switch recall {
            case .fast, .target: return exact("the query has weights below zero")
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
        case .exact: return exact("exact was asked for")
        case .fast: return effort(0, limit, share, "the least effort was asked for")
        case .plainSeismic(let cut, let heapFactor):
            let plan = Effort.blocks(.plainSeismic(cut: cut, heapFactor: Float(heapFactor)))
            return Choice(
                effort: plan,
                description: SearchPlan(
                    plan, number: nil, expectedRecall: nil, isTuned: false, limit: limit, "plain Seismic was asked for")
            )
        case .target(let target):
            if documents < Self.exactBelow { return exact("\(documents) documents are few enough for an exact search") }
            // Under a filter that lets few through, blocks would be visited for what cannot be found.
            let fit = efforts.filter {
                self.recall($0, limit, share) >= target
                    && (usingBlocks && share >= Self.shareForBlocks || !Effort.ladder[$0].usesBlocks)
            }
            guard let cheapest = fit.min(by: { cost($0, limit) < cost($1, limit) }) else {
                return exact("no planned effort reaches a recall of \(target)")
            }
            if share == 1, let exactCost = cost(exactCurve, limit, windows: true), exactCost <= cost(cheapest, limit) {
                return exact("an exact search costs no more than a recall of \(target)")
            }
            return effort(cheapest, limit, share, "the cheapest effort that reaches a recall of \(target)")
        }
    }

    /// Whether efforts of this ladder were measured. One that was not reaches nothing then.
    private var isMeasured: Bool { !curves.isEmpty }

    /// What an effort costs at k = `limit`; before the first tuning efforts cost as they rise.
    private func cost(_ effort: Int, _ limit: Int) -> Double {
        isMeasured
            ? cost(curves[effort], limit, windows: !Effort.ladder[effort].usesBlocks) ?? .infinity : Double(effort)
    }

    /// The cost at the nearest k that was measured, by ratio; nil when none was.
    ///
    /// - Parameter windows: whether all windows are scanned.
    private func cost(_ curve: [TuningRecord.Point], _ limit: Int, windows: Bool) -> Double? {
        guard var nearest = curve.first else { return nil }
        for point in curve where limit * limit > Int(nearest.limit) * Int(point.limit) { nearest = point }
        return ScanCost.search(
            postings: Double(nearest.postings), scored: Double(nearest.scored), components: components,
            lookups: lookups) + (windows ? ScanCost.windows(documents: documents) : 0)
    }

    /// The recall of an effort at k = `limit`: of the nearest measured k, the worse of both where it lies between two.
    ///
    /// The best k of a share of the documents lie about as deep as the best k / share of all, where more counts of what a
    /// plan leaves out. But as many are scored as for k: between two measured depths recall falls evenly with the
    /// logarithm.
    private func recall(_ effort: Int, _ limit: Int, _ share: Double) -> Double {
        // Efforts of blocks are searched with once they were measured only.
        guard isMeasured else { return ScanLadder.assumedRecall[effort] }
        let points = curves[effort]
        let depth = Double(limit) / min(1, max(share, 1e-6))
        let below = points.last { Double($0.limit) <= depth }
        let above = points.first { Double($0.limit) >= depth }
        guard let below, let above, below.limit < above.limit else {
            return (below ?? above).map { Double($0.recall) } ?? 0
        }
        guard share < 1 else { return Double(min(below.recall, above.recall)) }
        let part = log(depth / Double(below.limit)) / log(Double(above.limit) / Double(below.limit))
        return Double(below.recall) + part * Double(above.recall - below.recall)
    }

    private func effort(_ effort: Int, _ limit: Int, _ share: Double, _ reason: String) -> Choice {
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

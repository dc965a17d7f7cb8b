internal import Platform
internal import SparseFormat

/// Chooses how much a search reads to meet the requested recall.
struct Planner {
    /// The number of documents in the windows.
    let documents: Int
    private let classes: QueryClasses
    /// The measurements of each class of queries on this store; empty before the first tuning.
    private let measurements: [Measurements]
    private let hasBlocks: Bool
    private let costs: DiskCosts

    /// - Parameter costs: How much longer searches take because memory cannot hold the store.
    init(tuning: TuningRecord?, documents: Int, hasBlocks: Bool = false, costs: DiskCosts = .none) {
        self.documents = documents
        self.hasBlocks = hasBlocks
        self.costs = costs
        let classes = tuning?.classes ?? QueryClasses(bounds: [])
        self.classes = classes
        let measured = (0..<classes.count).map { number in
            Measurements(tuning?.points.filter { $0.queryClass == number } ?? [])
        }
        let others = measured.filter { !$0.isEmpty }
        measurements = others.isEmpty ? [] : measured.map { $0.isEmpty ? Measurements(worstOf: others) : $0 }
    }

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
    ///   - terms: The number of the query's terms that the store knows.
    func choose(
        _ recall: Recall, terms: Int, limit: Int, share: Double = 1, without damage: BlockDamage? = nil,
        hasGroups: Bool = false, hasNegativeWeight: Bool = false
    ) -> Choice {
        if hasNegativeWeight {
            switch recall {
            case .fast, .target: return exact("the query has negative weights")
            case .exact, .plainSeismic: break
            }
        }
        let choice = choose(
            recall, terms: terms, limit: limit, share: share, usingBlocks: damage == nil && !hasGroups)
        guard let damage, case .target = recall else { return choice }
        let plan = choice.description
        return Choice(
            effort: choice.effort,
            description: plan.amended(
                isExact: plan.isExact,
                plan.reason + "; the block index is damaged and was not used: \(damage.sentence)"))
    }

    private func choose(_ recall: Recall, terms: Int, limit: Int, share: Double, usingBlocks: Bool) -> Choice {
        let number = classes.number(terms: terms)
        let measured = isMeasured ? measurements[number] : nil
        let queryClass = isMeasured && classes.count > 1 ? classes[number] : nil
        func effort(_ effort: Int, _ reason: String) -> Choice {
            let chosen = Effort.ladder[effort]
            return Choice(
                effort: chosen,
                description: SearchPlan(
                    chosen, number: effort, expectedRecall: expected(effort), isTuned: isMeasured,
                    queryClass: queryClass, limit: limit, reason))
        }
        func expected(_ effort: Int) -> Double {
            // Efforts of blocks are used only after they were measured.
            measured?.recall(effort, limit, share) ?? ScanLadder.assumedRecall[effort]
        }
        // Before the first tuning, times follow the order of efforts.
        func time(_ effort: Int) -> Float {
            measured.map { costs.time($0.time(effort, limit), effort: effort) } ?? Float(effort)
        }
        switch recall {
        case .exact: return exact("an exact search was requested")
        case .fast: return effort(0, "the lowest effort was requested")
        case .plainSeismic(let cut, let heapFactor):
            let plan = Effort.blocks(.plainSeismic(cut: cut, heapFactor: Float(heapFactor)))
            return Choice(
                effort: plan,
                description: SearchPlan(
                    plan, number: nil, expectedRecall: nil, isTuned: false, limit: limit, "plain Seismic was requested")
            )
        case .target(let target):
            if documents < Self.exactBelow { return exact("\(documents) documents are few enough for an exact search") }
            let ofClass = queryClass.map { " for queries of \($0)" } ?? ""
            let ofStore = costs.isInMemory ? "" : " in a store larger than memory"
            // Under a filter that lets few through, blocks would be visited for what cannot be found.
            let canUseBlocks = usingBlocks && hasBlocks && share >= Self.shareForBlocks
            let fit = Effort.ladder.indices.filter { number in
                let isUsable = Effort.ladder[number].usesBlocks ? canUseBlocks && measured?.has(number) == true : true
                return isUsable && expected(number) >= target
            }
            guard let fastest = fit.min(by: { time($0) < time($1) }) else {
                return exact("no planned effort reaches a recall of \(target)\(ofClass)")
            }
            if share == 1, let warm = measured?.exactTime(limit), costs.exactTime(warm) <= time(fastest) {
                return exact("an exact search takes no longer than a recall of \(target)\(ofClass)\(ofStore)")
            }
            return effort(fastest, "the fastest effort that reaches a recall of \(target)\(ofClass)\(ofStore)")
        }
    }

    /// Whether efforts of this ladder were measured. After tuning, an effort that was not measured counts as reaching
    /// no recall.
    private var isMeasured: Bool { !measurements.isEmpty }

    private func exact(_ reason: String) -> Choice {
        Choice(effort: nil, description: SearchPlan(exactly: reason, isTuned: isMeasured))
    }

    /// The number of documents below which an exact search is as cheap as a planned one.
    static let exactBelow = 4_096
    /// The minimum share of documents that a filter must allow for a search of blocks.
    private static let shareForBlocks = 0.5
}

/// What a tuning measured with one class of queries.
private struct Measurements: Sendable {
    /// The points of each effort of the ladder, ascending by k.
    private let curves: [[TuningRecord.Point]]
    private let exactCurve: [TuningRecord.Point]

    /// The share of documents below which a filter is assumed to cost no more recall.
    private static let leastShare = 0.25

    /// - Parameter points: The points of the class, ascending by k. Those of an earlier ladder count for nothing.
    init(_ points: [TuningRecord.Point]) {
        curves = Effort.ladder.indices.map { effort in
            points.filter { $0.effort == Effort.number(of: effort) }
        }
        exactCurve = points.filter { $0.effort == Effort.exactNumber }
    }

    /// Assumes the worst measurements of some classes, for queries of a class that was not measured.
    init(worstOf others: [Measurements]) {
        func worst(_ points: [TuningRecord.Point]) -> [TuningRecord.Point] {
            Dictionary(grouping: points, by: \.limit).values
                .compactMap { points in
                    points.first.map { first in
                        points.dropFirst().reduce(into: first) { worst, point in
                            worst.recall = min(worst.recall, point.recall)
                            worst.time = max(worst.time, point.time)
                        }
                    }
                }
                .sorted { $0.limit < $1.limit }
        }
        curves = Effort.ladder.indices.map { effort in worst(others.flatMap { $0.curves[effort] }) }
        exactCurve = worst(others.flatMap(\.exactCurve))
    }

    /// Whether no effort of this ladder was measured.
    var isEmpty: Bool { curves.allSatisfy(\.isEmpty) }

    func has(_ effort: Int) -> Bool { !curves[effort].isEmpty }

    /// Returns the time of an effort at k = `limit`.
    func time(_ effort: Int, _ limit: Int) -> Float { time(curves[effort], limit) ?? .infinity }

    /// Returns the time of an exact search; nil if it was not measured.
    func exactTime(_ limit: Int) -> Float? { time(exactCurve, limit) }

    /// Returns the time at the measured k that is nearest by ratio; nil if none was measured.
    private func time(_ curve: [TuningRecord.Point], _ limit: Int) -> Float? {
        guard var nearest = curve.first else { return nil }
        for point in curve where Double(limit) * Double(limit) > Double(nearest.limit) * Double(point.limit) {
            nearest = point
        }
        return nearest.time
    }

    /// Returns the recall of an effort at the measured k nearest to `limit`; between two measured k, the worse of both.
    ///
    /// The best k documents of a share lie deeper than those of all documents, where more of what a plan skips matters.
    /// Between two measured depths, recall is interpolated linearly in the logarithm of the depth. But it does not fall
    /// as it does with k, because the documents of a share lie further apart, too: measured with the same effort,
    /// shares of a half and less lose about the same, and a share that has much in common a little more
    /// (Benchmarks/RESULTS.md, "Attributes").
    func recall(_ effort: Int, _ limit: Int, _ share: Double) -> Double {
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
}

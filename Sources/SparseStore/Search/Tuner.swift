internal import SparseFormat

/// Measures every effort of the ladder against exact results, and their costs.
struct Tuner {
    let index: IndexView
    /// The groups of sample queries. The recall of an effort is that of its worst group.
    let groups: [[ResolvedQuery]]

    private var usesBlocks: Bool { index.blocks != nil && index.blocksDamage == nil }

    /// The efforts of the ladder that the index supports.
    private var efforts: [Int] {
        Effort.ladder.indices.filter { !Effort.ladder[$0].usesBlocks || usesBlocks }
    }

    /// The measured values of k.
    static let limits = [10, 100]
    /// The relative distance within which a score counts as reaching the k-th score.
    private static let tolerance: Float = 1e-4

    func measure(_ scratch: ScanScratch, _ progress: (Int, Int) throws -> Void) throws -> [TuningRecord.Point] {
        var points: [TuningRecord.Point] = []
        let total = Self.limits.count * groups.reduce(0) { $0 + $1.count }
        var done = 0
        for limit in Self.limits {
            // One for each effort, and the last for the exact search.
            var worst = [Measure](repeating: Measure(recall: 1), count: efforts.count + 1)
            for group in groups where !group.isEmpty {
                var sums = [Measure](repeating: Measure(), count: worst.count)
                for query in group {
                    try add(query, limit, scratch, &sums)
                    done += 1
                    try progress(done, total)
                }
                for effort in sums.indices { worst[effort].worsen(sums[effort].divided(by: Float(group.count))) }
            }
            for (effort, measure) in worst.enumerated() {
                let isExact = effort == efforts.count
                points.append(
                    TuningRecord.Point(
                        limit: UInt32(limit),
                        effort: isExact ? Effort.exactNumber : Effort.number(of: efforts[effort]),
                        recall: min(1, max(0, measure.recall)), postings: measure.postings, scored: measure.scored))
            }
        }
        return points
    }

    private struct Measure {
        var recall: Float = 0
        /// The sum of the squared recalls.
        var squares: Float = 0
        var postings: Float = 0
        var scored: Float = 0

        mutating func add(_ recall: Float, _ counters: SearchCounters) {
            self.recall += recall
            squares += recall * recall
            postings += Float(ScanCost.postings(counters))
            scored += Float(counters.documentsScored)
        }

        /// Returns the means. The recall is lowered by one standard error, because later queries differ from the
        /// sample.
        func divided(by count: Float) -> Measure {
            let mean = recall / count
            let error = (max(0, squares / count - mean * mean) / count).squareRoot()
            return Measure(recall: mean - error, postings: postings / count, scored: scored / count)
        }

        mutating func worsen(_ other: Measure) {
            recall = min(recall, other.recall)
            postings = max(postings, other.postings)
            scored = max(scored, other.scored)
        }
    }

    private func add(_ query: ResolvedQuery, _ limit: Int, _ scratch: ScanScratch, _ sums: inout [Measure]) throws {
        var counters = SearchCounters()
        let exact = try search(query, limit, nil).run(scratch, &counters)
        sums[efforts.count].add(1, counters)
        for (effort, number) in efforts.enumerated() {
            counters = SearchCounters()
            let found = try search(query, limit, Effort.ladder[number]).run(scratch, &counters)
            var recall: Float = 1
            if let last = exact.last {
                let right = found.filter { $0.score >= last.score - Self.tolerance }.count
                recall = Float(min(right, exact.count)) / Float(exact.count)
            }
            sums[effort].add(recall, counters)
        }
    }

    private func search(_ query: ResolvedQuery, _ limit: Int, _ effort: Effort?) -> FirstStage {
        FirstStage(index: index, query: query, limit: limit, minimumScore: nil, effort: effort)
    }
}

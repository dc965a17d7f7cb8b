internal import SparseFormat

/// Measures every effort of the ladder against exact results, and their costs.
struct Tuner {
    let view: ReadView
    /// The scoring of counts; nil if documents are scored by their weights.
    let scoring: BM25Function?
    /// The groups of sample queries. The recall of an effort is that of its worst group.
    let groups: [[ResolvedQuery]]

    private var usesBlocks: Bool { view.index.blocks != nil && view.index.blocksDamage == nil }

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
                    try add(query, limit: limit, scratch: scratch, sums: &sums)
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

    private func add(_ query: ResolvedQuery, limit: Int, scratch: ScanScratch, sums: inout [Measure]) throws {
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
        FirstStage(view: view, query: query, limit: limit, minimumScore: nil, effort: effort, scoring: scoring)
    }
}

/// Makes queries from a store's documents, for tuning without queries of the caller.
struct SampleQueries {
    let view: ReadView

    private var members: [CommitIndex.Member] { view.index.members }

    /// The number of terms in a short and in a long query. Inference-free queries have 5 to 15, encoded ones 20 to 50.
    static let lengths = [8, 32]

    /// Returns at most `count` queries for each length. Each query takes some of the heavier terms of one document and up to
    /// half as many of another, because a query seldom repeats a document. The same seed makes the same queries.
    func groups(count: Int, seed: UInt64) throws -> [[ResolvedQuery]] {
        var generator = SplitMix64(seed: seed)
        let live = members.indices.filter { members[$0].segment.documentCount > members[$0].deadCount }
        guard !live.isEmpty else { return [] }
        return try Self.lengths.map { length in
            try (0..<count).compactMap { _ in
                var components: [TermID: Float] = [:]
                for share in [length - length / 3, length / 3] {
                    let window = live[Int(generator.next() % UInt64(live.count))]
                    var document: [(term: TermID, weight: Float)] = []
                    try view.forEachComponent(of: livePlace(in: window, &generator)) { document.append(($0, $1)) }
                    document.sort { $0.weight > $1.weight }
                    // Two of three of the heaviest terms, so that the document is not simply its own answer.
                    for (term, weight) in document where generator.next() % 3 > 0 {
                        guard components[term] == nil else { continue }
                        components[term] = weight
                        if components.count >= length - (share == length / 3 ? 0 : length / 3) { break }
                    }
                }
                // The documents may lack vectors.
                return components.isEmpty ? nil : ResolvedQuery(components.map { ($0.key, $0.value) })
            }
        }
    }

    /// Returns a random live document of a window that has one.
    private func livePlace(in window: Int, _ generator: inout SplitMix64) -> DocumentPlace {
        let count = members[window].segment.documentCount
        var ordinal = Int(generator.next() % UInt64(count))
        while !members[window].isLive(ordinal) { ordinal = (ordinal + 1) % count }
        return DocumentPlace(window: window, ordinal: ordinal)
    }
}

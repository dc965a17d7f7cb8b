internal import Platform
internal import SparseFormat

/// Measures the recall and the time of every effort of the ladder, and the time of the exact search.
///
/// Times are compared with one another, so all are measured alike. A batch of queries is asked with one effort after
/// the other: asked several times in a row, a query would find its documents in the processor's cache, which helps some
/// efforts more than others. Batches spread each effort's measurements over the whole tuning. Time is that of the
/// processor, which other threads that share it do not add to.
struct Tuner {
    let view: ReadView
    /// The scoring of counts; nil if documents are scored by their weights.
    let scoring: BM25Function?
    /// The groups of sample queries. The recall and the time of an effort are those of its worst group.
    let groups: [[ResolvedQuery]]
    /// Runs a search with an effort, nil for the exact search, and returns its nanoseconds. Tests set it.
    var time: (_ effort: Effort?, _ search: () throws -> Void) throws -> UInt64 = { _, search in
        let begin = Self.processorTime
        try search()
        return Self.processorTime - begin
    }

    /// The measured values of k.
    static let limits = [10, 100]
    /// The relative distance within which a score counts as reaching the k-th score.
    private static let tolerance: Float = 1e-4
    /// The number of queries that are asked with one effort before the next.
    private static let batch = 64

    /// The nanoseconds for which the calling thread has run.
    private static var processorTime: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private var usesBlocks: Bool { view.index.blocks != nil && view.index.blocksDamage == nil }

    /// The efforts of the ladder that the index supports.
    private var efforts: [Int] {
        Effort.ladder.indices.filter { !Effort.ladder[$0].usesBlocks || usesBlocks }
    }

    func measure(_ scratch: ScanScratch, _ progress: (Int, Int) throws -> Void) throws -> [TuningRecord.Point] {
        var points: [TuningRecord.Point] = []
        let efforts = efforts
        let total = Self.limits.count * groups.reduce(0) { $0 + $1.count }
        var done = 0
        for limit in Self.limits {
            // One for each effort, and the last for the exact search.
            var worst = [Measure](repeating: Measure(recall: 1), count: efforts.count + 1)
            for group in groups where !group.isEmpty {
                var sums = [Measure](repeating: Measure(), count: worst.count)
                for begin in stride(from: 0, to: group.count, by: Self.batch) {
                    let queries = group[begin..<min(begin + Self.batch, group.count)]
                    let batch = try Batch(queries, limit: limit, tuner: self, scratch)
                    for position in sums.indices {
                        let effort = position < efforts.count ? Effort.ladder[efforts[position]] : nil
                        try batch.measure(effort, tuner: self, scratch, into: &sums[position])
                        try progress(done + queries.count * (position + 1) / sums.count, total)
                    }
                    done += queries.count
                }
                for effort in sums.indices { worst[effort].worsen(sums[effort].divided(by: Float(group.count))) }
            }
            for (effort, measure) in worst.enumerated() {
                let isExact = effort == efforts.count
                points.append(
                    TuningRecord.Point(
                        limit: UInt32(limit),
                        effort: isExact ? Effort.exactNumber : Effort.number(of: efforts[effort]),
                        recall: min(1, max(0, measure.recall)), time: measure.time, scored: measure.scored))
            }
        }
        return points
    }

    private struct Measure {
        var recall: Float = 0
        /// The sum of the squared recalls.
        var squares: Float = 0
        /// Microseconds.
        var time: Float = 0
        var scored: Float = 0

        mutating func add(recall: Float, nanoseconds: UInt64, scored: Int) {
            self.recall += recall
            squares += recall * recall
            time += Float(nanoseconds) / 1_000
            self.scored += Float(scored)
        }

        /// Returns the means. The recall is lowered by one standard error, because later queries differ from the
        /// sample.
        func divided(by count: Float) -> Measure {
            let mean = recall / count
            let error = (max(0, squares / count - mean * mean) / count).squareRoot()
            return Measure(recall: mean - error, time: time / count, scored: scored / count)
        }

        mutating func worsen(_ other: Measure) {
            recall = min(recall, other.recall)
            time = max(time, other.time)
            scored = max(scored, other.scored)
        }
    }

    /// Some of the queries with their exact answers.
    private struct Batch {
        let queries: ArraySlice<ResolvedQuery>
        let limit: Int
        /// The number of documents of each exact answer, and the least of their scores.
        private var answers: [(count: Int, least: Float)] = []

        /// Searches exactly and with the efforts that read most, so that none of those measured afterwards is the first
        /// to read a page or to verify a checksum. Only these searches request their data from the disk in advance,
        /// which takes longer than a search of what is in memory.
        init(
            _ queries: ArraySlice<ResolvedQuery>, limit: Int, tuner: Tuner, _ scratch: ScanScratch
        ) throws {
            self.queries = queries
            self.limit = limit
            scratch.readsAhead = true
            defer { scratch.readsAhead = false }
            let greatest = [ScanLadder.plans.last.map(Effort.windows), BlockLadder.plans.last.map(Effort.blocks)]
            for query in queries {
                var counters = SearchCounters()
                let exact = try tuner.search(query, limit, nil).run(scratch, &counters)
                answers.append((exact.count, exact.last?.score ?? 0))
                for effort in greatest.compactMap({ $0 }) where !effort.usesBlocks || tuner.usesBlocks {
                    _ = try tuner.search(query, limit, effort).run(scratch, &counters)
                }
            }
        }

        func measure(
            _ effort: Effort?, tuner: Tuner, _ scratch: ScanScratch, into sum: inout Measure
        ) throws {
            for (query, answer) in zip(queries, answers) {
                let search = tuner.search(query, limit, effort)
                var counters = SearchCounters()
                var found: [FoundDocument] = []
                let time = try tuner.time(effort) { found = try search.run(scratch, &counters) }
                let right = found.filter { $0.score >= answer.least - Tuner.tolerance }.count
                let recall = answer.count == 0 ? 1 : Float(min(right, answer.count)) / Float(answer.count)
                sum.add(recall: recall, nanoseconds: time, scored: counters.documentsScored)
            }
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

    /// Returns at most `count` queries for each length. Each query takes some of the heavier terms of one document and
    /// up to half as many of another, because a query seldom repeats a document. The same seed makes the same queries.
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

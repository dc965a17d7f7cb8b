internal import Platform
internal import SparseFormat

/// Measures the recall and the time of every effort of the ladder, and the time of the exact search, for each class of
/// queries.
///
/// Times are compared with one another, so all are measured alike. A batch of queries is asked with one effort after
/// the other: asked several times in a row, a query would find its documents in the processor's cache, which helps some
/// efforts more than others. Batches spread each effort's measurements over the whole tuning. Time is that of the
/// processor, which other threads that share it do not add to.
struct Tuner {
    let view: ReadView
    /// The scoring of counts; nil if documents are scored by their weights.
    let scoring: BM25Function?
    /// The sample queries of each class.
    let sample: QuerySample
    /// Runs a search with an effort, nil for the exact search, and returns its nanoseconds. Tests set it.
    var time: (_ effort: Effort?, _ search: () throws -> Void) throws -> UInt64 = { _, search in
        let begin = Self.processorTime
        try search()
        return Self.processorTime - begin
    }

    /// The number of documents from which on k = 1,000 is measured, too. In a smaller store that is a large share of
    /// what a search reads anyway.
    private static let documentsForDeep = 100_000
    /// The number of queries of each class that are asked for more than 100 hits. They take ten times as long, and the
    /// recall of a thousand hits differs less from query to query.
    private static let deepQueries = 32
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

    /// Returns the values of k to measure on a store with a number of documents.
    static func limits(documents: Int) -> [Int] {
        documents < documentsForDeep ? [10, 100] : [10, 100, 1_000]
    }

    /// Returns the queries of a class that are asked for `limit` hits.
    private func queries(_ number: Int, _ limit: Int) -> ArraySlice<ResolvedQuery> {
        limit > 100 ? sample.classes[number].prefix(Self.deepQueries) : sample.classes[number][...]
    }

    private var limits: [Int] {
        Self.limits(documents: view.index.members.reduce(0) { $0 + $1.segment.documentCount })
    }

    /// The number of queries that `measure` asks with each effort.
    var queryCount: Int {
        limits.reduce(0) { sum, limit in
            sample.classes.indices.reduce(sum) { $0 + queries($1, limit).count }
        }
    }

    /// Measures with warm pages.
    ///
    /// - Parameter progress: Called with the number of finished queries and their total.
    func measure(_ scratch: ScanScratch, _ progress: (Int, Int) throws -> Void) throws -> [TuningRecord.Point] {
        var points: [TuningRecord.Point] = []
        let efforts = efforts
        let total = queryCount
        var done = 0
        for limit in limits {
            for number in sample.classes.indices {
                let asked = queries(number, limit)
                guard !asked.isEmpty else { continue }
                // One for each effort, and the last for the exact search.
                var sums = [Measure](repeating: Measure(), count: efforts.count + 1)
                for begin in stride(from: 0, to: asked.count, by: Self.batch) {
                    let queries = asked[begin..<min(begin + Self.batch, asked.count)]
                    let batch = try Batch(queries, limit: limit, tuner: self, scratch)
                    for position in sums.indices {
                        let effort = position < efforts.count ? Effort.ladder[efforts[position]] : nil
                        try batch.measure(effort, tuner: self, scratch, into: &sums[position])
                        try progress(done + queries.count * (position + 1) / sums.count, total)
                    }
                    done += queries.count
                }
                for (position, sum) in sums.enumerated() {
                    let measure = sum.divided(by: Float(asked.count))
                    points.append(
                        TuningRecord.Point(
                            limit: UInt32(limit), queryClass: UInt8(number),
                            effort: position < efforts.count
                                ? Effort.number(of: efforts[position]) : Effort.exactNumber,
                            recall: min(1, max(0, measure.recall)), time: measure.time, scored: measure.scored))
                }
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

    func search(_ query: ResolvedQuery, _ limit: Int, _ effort: Effort?) -> FirstStage {
        FirstStage(view: view, query: query, limit: limit, minimumScore: nil, effort: effort, scoring: scoring)
    }
}

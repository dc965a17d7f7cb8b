internal import SparseInterchange
internal import SparseStore

/// The figures of one evaluation.
struct EvaluationReport {
    let queries: Int
    let limit: Int
    let recallAsked: String
    let weighting: String
    let threads: Int
    let seconds: Double
    /// Mean recall against the truth, and the number of queries with recall 1; nil without a truth.
    let recall: (mean: Double, perfect: Int)?
    /// The largest absolute difference between a returned score and the true score.
    let scoreError: Float?
    /// The measures from judgments; nil without judgments.
    let ranking: RankingReport?
    let latency: LatencySummary
    /// The number of answers that were proven exact.
    let exact: Int
    /// The work of each stage; empty for searches with one stage.
    let stages: [StageSummary]
    private let counters: [(name: String, mean: Double)]

    /// Evaluates `run`, the answers to `records`.
    init(
        _ run: QueryRunner.Run, records: [QueryRecord], tuning: SearchTuning, threads: Int, truth: GroundTruth?,
        ranking: RankingReport?
    ) {
        let outcomes = run.outcomes
        queries = outcomes.count
        limit = tuning.limit
        recallAsked = tuning.recallAsked
        weighting = tuning.weighting?.description ?? "automatic"
        self.threads = threads
        seconds = run.seconds
        let metrics = truth.map { truth in
            outcomes.enumerated().map { RecallMetric($1.hits, truth: truth.answer($0), limit: tuning.limit) }
        }
        recall = metrics.map { (Self.mean($0.map(\.value)), $0.count { $0.right == $0.places }) }
        scoreError = metrics?.map(\.scoreError).max()
        self.ranking = ranking
        latency = LatencySummary(nanoseconds: outcomes.compactMap(\.nanoseconds))
        exact = outcomes.count { $0.isExact }
        stages = StageSummary.summaries(outcomes.map(\.stages))
        let parts: [(String, KeyPath<SearchCounters, Int>)] = [
            ("documents_scored", \.documentsScored), ("candidates", \.candidates), ("postings", \.postings),
            ("lists", \.lists), ("blocks", \.blocks), ("blocks_skipped", \.blocksSkipped),
            ("documents_estimated", \.documentsEstimated), ("lines", \.lines), ("segments", \.segments),
            ("filtered_documents", \.filteredDocuments),
            ("chunks_decoded", \.chunksDecoded), ("chunks_cached", \.chunksCached),
        ]
        counters = parts.map { name, path in
            (name, Self.mean(outcomes.map { Double($0.counters[keyPath: path]) }))
        }
    }

    var json: JSONValue {
        var fields: [(String, JSONValue)] = [
            ("queries", .integer(queries)),
            ("limit", .integer(limit)),
            ("recall_asked", .string(recallAsked)),
            ("weighting", .string(weighting)),
            ("recall", .optional(recall) { .number(Figures.rounded($0.mean, 6)) }),
            ("perfect", .optional(recall) { .integer($0.perfect) }),
            ("score_error", .optional(scoreError) { .float($0) }),
        ]
        fields += RankingReport.fields(ranking)
        fields += [
            ("mean_us", .number(Figures.rounded(latency.mean, 2))),
            ("p50_us", .number(Figures.rounded(latency.p50, 2))),
            ("p99_us", .number(Figures.rounded(latency.p99, 2))),
            ("max_us", .number(Figures.rounded(latency.maximum, 2))),
            ("exact", .integer(exact)),
        ]
        fields += counters.map { ($0.name, .number(Figures.rounded($0.mean, 2))) }
        if !stages.isEmpty { fields.append(("stages", .array(stages.map(\.json)))) }
        fields += [
            ("threads", .integer(threads)),
            ("seconds", .number(Figures.rounded(seconds, 4))),
            ("queries_per_second", .number(Figures.rounded(queriesPerSecond, 1))),
        ]
        return .object(fields)
    }

    var text: String {
        var table = TextTable()
        table.add("queries", "\(Figures.count(queries)), \(limit) hits each, recall asked: \(recallAsked)")
        if let recall {
            table.add(
                "recall@\(limit)",
                "\(Figures.decimal(recall.mean, 4))   (\(Figures.count(recall.perfect)) queries with recall 1)")
        }
        if let scoreError { table.add("score error", "at most \(scoreError)") }
        if let ranking {
            for (name, value) in ranking.shown { table.add(name, Figures.decimal(value, 4)) }
            table.add("judged", "\(Figures.count(ranking.judged)) of the queries")
        }
        table.add("certified exact", "\(Figures.count(exact)) of \(Figures.count(queries))")
        table.add(
            "latency",
            "mean \(Figures.decimal(latency.mean, 1)) us, p50 \(Figures.decimal(latency.p50, 1)) us, "
                + "p99 \(Figures.decimal(latency.p99, 1)) us")
        table.add(
            "throughput",
            "\(Figures.count(Int(queriesPerSecond))) queries/s on \(threads) thread\(threads == 1 ? "" : "s")")
        for (name, mean) in counters where mean > 0 {
            table.add(name.replacing("_", with: " "), "\(Figures.decimal(mean, 1)) a query")
        }
        for stage in stages { table.add("stage \(stage.name)", "\(stage.text) a query") }
        return table.text
    }

    private var queriesPerSecond: Double { seconds > 0 ? Double(queries) / seconds : 0 }

    private static func mean(_ values: [Double]) -> Double {
        values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    }
}

/// Statistics of query latencies, in microseconds.
struct LatencySummary {
    let mean: Double
    let p50: Double
    let p99: Double
    let maximum: Double

    /// Summarizes `nanoseconds`; all zero if it is empty. Percentiles use the nearest rank.
    init(nanoseconds: [Int64]) {
        let sorted = nanoseconds.sorted()
        func percentile(_ share: Double) -> Double {
            guard !sorted.isEmpty else { return 0 }
            let rank = Int((share * Double(sorted.count)).rounded(.up))
            return Double(sorted[min(max(rank, 1), sorted.count) - 1]) / 1_000
        }
        mean = sorted.isEmpty ? 0 : Double(sorted.reduce(0, +)) / Double(sorted.count) / 1_000
        p50 = percentile(0.5)
        p99 = percentile(0.99)
        maximum = Double(sorted.last ?? 0) / 1_000
    }
}

/// Measures elapsed time on a monotonic clock.
struct Stopwatch {
    private let start = ContinuousClock.now

    var elapsed: Duration { ContinuousClock.now - start }
    var seconds: Double { elapsed / .seconds(1) }
    var nanoseconds: Int64 { Int64(elapsed / .nanoseconds(1)) }
}

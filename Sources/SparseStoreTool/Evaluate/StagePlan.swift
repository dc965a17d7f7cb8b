internal import SparseInterchange
internal import SparseStore

/// The stages that follow the first, for the queries of a file.
struct StagePlan: Sendable {
    let feedback: Feedback?
    let run: TRECRun?
    let fusion: Fusion
    /// The number of documents of the previous stage that are fused.
    let depth: Int
    let reranking: Reranking?
    /// The stages that are the same for all queries.
    let last: [SearchStage]

    /// Returns the stages for the query at an index of the file. A query that is missing from the run is fused with an
    /// empty ranking.
    func stages(query id: String, at place: Int) throws -> [SearchStage] {
        var stages: [SearchStage] = []
        if let feedback { stages.append(.feedback(feedback)) }
        if let run {
            let ranking = try ExternalRanking(scores: (run.rankings[TextKey(id)] ?? []).map { ($0.id, $0.score) })
            stages.append(.fuse(ranking, by: fusion, candidates: depth))
        }
        if let stage = try reranking?.stage(for: id, at: place) { stages.append(stage) }
        return stages + last
    }
}

/// Reranking with the token vectors of a file's queries.
struct Reranking: Sendable {
    /// The token vectors of each query, by its index in the file; nil for a query that has none, which is an error when
    /// that query runs.
    let multivectors: [Multivector?]
    let candidates: Int
    let alpha: Float?
    let beta: Int?

    func stage(for id: String, at place: Int) throws -> SearchStage {
        guard multivectors.indices.contains(place), let multivector = multivectors[place] else {
            throw CommandFailure(
                .invalidInput, "query '\(id)' has no token vectors; add them, or use --query-multivectors")
        }
        return .rerank(.maxSim(multivector, alpha: alpha, beta: beta), candidates: candidates)
    }
}

/// The average work of one stage per query.
struct StageSummary {
    let name: String
    let candidates: Double
    let scored: Double
    let microseconds: Double
    let counters: [(name: String, mean: Double)]

    /// Returns one summary per stage, for searches that all had the same stages.
    static func summaries(_ reports: [[StageReport]]) -> [StageSummary] {
        let reports = reports.filter { !$0.isEmpty }
        return (0..<(reports.map(\.count).min() ?? 0)).map { stage in StageSummary(reports.map { $0[stage] }) }
    }

    init(_ reports: [StageReport]) {
        let count = Double(max(1, reports.count))
        func mean(_ value: (StageReport) -> Double) -> Double { reports.reduce(0) { $0 + value($1) } / count }
        name = reports.first?.name ?? ""
        candidates = mean { Double($0.candidates) }
        scored = mean { Double($0.scored) }
        microseconds = mean { $0.seconds * 1e6 }
        counters = Set(reports.flatMap(\.counters.keys)).sorted().map { name in
            (name, mean { Double($0.counters[name] ?? 0) })
        }
    }

    var json: JSONValue {
        .object([
            ("name", .string(name)),
            ("candidates", .number(Figures.rounded(candidates, 2))),
            ("scored", .number(Figures.rounded(scored, 2))),
            ("us", .number(Figures.rounded(microseconds, 2))),
            ("counters", .object(counters.map { ($0.name, .number(Figures.rounded($0.mean, 2))) })),
        ])
    }

    /// The summary as one line of text.
    var text: String {
        var parts = [
            "\(Figures.decimal(candidates, 1)) in", "\(Figures.decimal(scored, 1)) scored",
            "\(Figures.decimal(microseconds, 0)) us",
        ]
        for (name, mean) in counters where mean > 0 {
            parts.append("\(name.replacing("_", with: " ")) \(Figures.decimal(mean, 1))")
        }
        return parts.joined(separator: ", ")
    }
}

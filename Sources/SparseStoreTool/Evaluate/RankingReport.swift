internal import SparseInterchange
internal import SparseStore

/// The measures of answers, by judgments.
struct RankingReport {
    /// The number of judged queries.
    let judged: Int

    private let ndcg: Double
    private let mrr: Double
    /// The means of the requested measures over the judged queries; nil if none were requested.
    private let means: [(name: String, mean: Double)]?
    /// The same by query, in the order of the file, if requested.
    private let queries: [(id: String, values: [(name: String, value: Double)])]?

    /// Judges `outcomes`, the answers to `records`.
    ///
    /// - Parameters:
    ///   - measures: The requested measures; nil for only nDCG@10 and RR@10, which are always computed.
    ///   - byQuery: Whether to keep the values of each query.
    init(
        _ outcomes: [QueryOutcome], records: [QueryRecord], qrels: Qrels, measures: [Measure]?, byQuery: Bool
    ) throws {
        let answers = zip(outcomes, records).compactMap { outcome, record in
            qrels.grades[TextKey(record.id)].map { (id: record.id, hits: outcome.hits, grades: $0) }
        }
        func values(_ measure: Measure) -> [Double] { answers.map { measure.value($0.hits, grades: $0.grades) } }
        func mean(_ values: [Double]) -> Double {
            values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
        }
        judged = answers.count
        ndcg = mean(values(try Measure("nDCG@10")))
        mrr = mean(values(try Measure("RR@10")))
        let asked = measures.map { $0.map { (name: $0.description, values: values($0)) } }
        means = asked.map { $0.map { ($0.name, mean($0.values)) } }
        queries =
            byQuery
            ? answers.indices.map { index in
                (answers[index].id, (asked ?? []).map { ($0.name, $0.values[index]) })
            } : nil
    }

    /// The rows for human readers.
    var shown: [(name: String, value: Double)] {
        means.map { $0.map { ($0.name, $0.mean) } } ?? [("nDCG@10", ndcg), ("MRR@10", mrr)]
    }

    /// The fields of the report, which are null without judgments.
    static func fields(_ report: RankingReport?) -> [(String, JSONValue)] {
        var fields: [(String, JSONValue)] = [
            ("ndcg", .optional(report) { .number(Figures.rounded($0.ndcg, 6)) }),
            ("mrr", .optional(report) { .number(Figures.rounded($0.mrr, 6)) }),
            ("judged", .optional(report) { .integer($0.judged) }),
        ]
        if let means = report?.means {
            fields.append(("measures", .object(means.map { ($0.name, .number($0.mean)) })))
        }
        if let queries = report?.queries {
            fields.append(
                (
                    "by_query",
                    .object(queries.map { ($0.id, .object($0.values.map { ($0.name, .number($0.value)) })) })
                ))
        }
        return fields
    }
}

internal import SparseStore

/// What one stage did on average, over the queries that were asked.
struct StageSummary {
    private let name: String
    private let candidates: Double
    private let scored: Double
    private let microseconds: Double
    private let counters: [(name: String, mean: Double)]

    /// A summary for each stage; none where there was only the first.
    static func summaries(of runs: [[StageReport]]) -> [StageSummary] {
        let runs = runs.filter { !$0.isEmpty }
        guard let first = runs.first, first.count > 1 else { return [] }
        return first.indices.map { index in StageSummary(runs.map { $0[index] }) }
    }

    private init(_ reports: [StageReport]) {
        func mean(_ value: (StageReport) -> Double) -> Double {
            reports.reduce(0) { $0 + value($1) } / Double(reports.count)
        }
        name = reports[0].name
        candidates = mean { Double($0.candidates) }
        scored = mean { Double($0.scored) }
        microseconds = mean { $0.seconds * 1e6 }
        let names = Set(reports.flatMap(\.counters.keys)).sorted()
        counters = names.map { name in (name, mean { Double($0.counters[name] ?? 0) }) }
    }

    private var microsecondsPerScore: Double { scored > 0 ? microseconds / scored : 0 }

    var json: JSONValue {
        .object(
            [
                ("name", .string(name)),
                ("candidates", .number(Figures.rounded(candidates, 2))),
                ("scored", .number(Figures.rounded(scored, 2))),
                ("mean_us", .number(Figures.rounded(microseconds, 2))),
                ("us_per_scored", .number(Figures.rounded(microsecondsPerScore, 3))),
            ] + counters.map { ($0.name, .number(Figures.rounded($0.mean, 2))) })
    }

    var text: String {
        var table = TextTable(indent: "  ")
        table.add("candidates", "\(Figures.decimal(candidates, 1)) a query, \(Figures.decimal(scored, 1)) scored")
        table.add(
            "time",
            "mean \(Figures.decimal(microseconds, 1)) us, "
                + "\(Figures.decimal(microsecondsPerScore, 2)) us a scored candidate")
        for (name, mean) in counters where mean > 0 {
            table.add(name.replacing("_", with: " "), "\(Figures.decimal(mean, 1)) a query")
        }
        return "stage \(name)\n" + table.text
    }
}

internal import SparseInterchange
internal import SparseStore

/// The latency of recall on a store, from running the queries at several recall targets.
struct RecallCurve {
    struct Point {
        let asked: String
        let recall: Double
        let latency: LatencySummary
    }

    let points: [Point]
    private let title: String

    private static let targets: [(String, Recall)] = [
        ("fast", .fast), ("0.80", .target(0.8)), ("0.90", .target(0.9)), ("0.95", .target(0.95)),
        ("0.97", .target(0.97)), ("0.99", .target(0.99)), ("exact", .exact),
    ]

    /// Runs all queries at each target.
    ///
    /// - Parameters:
    ///   - runner: Runs the queries. Its recall is replaced.
    ///   - truth: The exact answers; nil for those of the store.
    init(_ queries: [Query?], _ runner: QueryRunner, truth: GroundTruth?) throws {
        let limit = runner.options.limit
        func ask(_ recall: Recall) throws -> [QueryOutcome] {
            var runner = runner
            runner.options.recall = recall
            return try runner.run(queries).outcomes
        }
        // The first run also brings the index into memory.
        let exact = try ask(.exact)
        let answers = exact.indices.map { index in
            truth?.answer(index) ?? GroundTruth.Answer(rows: [], scores: exact[index].hits.map(\.score)[...])
        }
        points = try Self.targets.map { name, recall in
            let outcomes = try ask(recall)
            let recalls = zip(outcomes, answers).map { RecallMetric($0.hits, truth: $1, limit: limit).value }
            return Point(
                asked: name, recall: recalls.reduce(0, +) / Double(max(1, recalls.count)),
                latency: LatencySummary(nanoseconds: outcomes.compactMap(\.nanoseconds)))
        }
        title = "\(Figures.count(queries.count)) queries, \(limit) hits each"
    }

    /// The drawing of recall against the mean and the 99th percentile of the latency.
    var picture: Picture {
        let (left, top, width, height) = (70.0, 60.0, 560.0, 320.0)
        var picture = Picture(width: left + width + 40, height: top + height + 70)
        picture.text(title, at: (left, 28))
        let lowest = min(points.map(\.recall).min() ?? 0, 0.99)
        let highest = max(points.map(\.latency.p99).max() ?? 0, 1)
        func place(_ recall: Double, _ microseconds: Double) -> (x: Double, y: Double) {
            (left + width * (recall - lowest) / (1 - lowest), top + height * (1 - microseconds / highest))
        }
        for step in 0...4 {
            let share = Double(step) / 4
            let (x, y) = (left + width * share, top + height * (1 - share))
            picture.line(from: (left, y), to: (left + width, y), color: "#ddd")
            picture.text(Figures.decimal(highest * share, 0), at: (left - 8, y + 4), anchor: .end)
            picture.line(from: (x, top), to: (x, top + height), color: "#ddd")
            picture.text(
                Figures.decimal(lowest + (1 - lowest) * share, 3), at: (x, top + height + 18), anchor: .middle)
        }
        picture.text("recall@k", at: (left + width / 2, top + height + 42), anchor: .middle)
        picture.text("us per query", at: (left - 50, top - 12))
        for (name, color, value) in [
            ("mean", "#0072b2", \LatencySummary.mean), ("99th percentile", "#d55e00", \LatencySummary.p99),
        ] {
            let line = points.sorted { $0.recall < $1.recall }
            picture.path(line.map { place($0.recall, $0.latency[keyPath: value]) }, color: color)
            for point in points {
                let time = point.latency[keyPath: value]
                picture.dot(
                    at: place(point.recall, time), color: color,
                    title: "requested \(point.asked): recall \(Figures.decimal(point.recall, 4)), \(name) "
                        + "\(Figures.decimal(time, 1)) us")
            }
        }
        picture.text("mean", at: (left + width - 110, 28), anchor: .end, color: "#0072b2")
        picture.text("99th percentile", at: (left + width, 28), anchor: .end, color: "#d55e00")
        return picture
    }
}

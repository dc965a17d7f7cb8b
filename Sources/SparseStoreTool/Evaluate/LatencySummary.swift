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

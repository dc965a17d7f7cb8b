import Measure
import SparseStore

/// The figures of one round.
struct Round {
    static let header =
        "round,seconds,searches,search_p50_us,search_p99_us,recall,commits,commit_p50_ms,commit_p99_ms,commit_max_ms,"
        + "commit_cpu_p50_ms,commit_cpu_max_ms,"
        + "file_bytes,live_bytes,dead_bytes,file_over_live,segments,segments_due,merges,write_amplification"

    let line: String

    init(
        number: Int, seconds: Double, _ searches: [Double], _ recall: Double, _ commits: [Double],
        _ processor: [Double],
        _ store: StoreStatistics
    ) {
        let fields = [
            "\(number)", decimal(seconds), "\(searches.count)", decimal(percentile(searches, 0.5) * 1e6),
            decimal(percentile(searches, 0.99) * 1e6), "\((recall * 1e4).rounded() / 1e4)", "\(commits.count)",
            decimal(percentile(commits, 0.5) * 1e3), decimal(percentile(commits, 0.99) * 1e3),
            decimal((commits.max() ?? 0) * 1e3), decimal(percentile(processor, 0.5) * 1e3),
            decimal((processor.max() ?? 0) * 1e3), "\(store.fileBytes)", "\(store.liveBytes)", "\(store.deadBytes)",
            decimal(Double(store.fileBytes) / Double(max(1, store.liveBytes))), "\(store.segments.count)",
            "\(store.segmentsDue)", "\(store.merges)", decimal(store.writeAmplification),
        ]
        line = fields.joined(separator: ",")
    }
}

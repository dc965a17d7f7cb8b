internal import CoreMetrics
internal import SparseFormat

/// The metrics that a store reports to the process's metrics system. README.md, "Metrics", lists their names.
///
/// Handlers are created once, when the store is opened. Without a metrics system, each report is a call that does
/// nothing.
struct StoreMetrics: Sendable {
    /// The name of the store in metrics and traces.
    let store: String
    private let searches: Counter
    private let searchTime: CoreMetrics.Timer
    private let documentsScored: Counter
    private let postingsRead: Counter
    private let commits: Counter
    private let commitTime: CoreMetrics.Timer
    private let merges: Counter
    private let bytesWritten: Counter
    private let bytesMerged: Counter
    private let oldestSnapshot: Gauge
    private let fileBytes: Gauge
    private let liveBytes: Gauge
    private let freeBytes: Gauge

    /// - Parameter store: The value of the dimension `store`, which distinguishes the stores of a process.
    init(store: String, factory: any MetricsFactory) {
        self.store = store
        let dimensions = [("store", store)]
        func counter(_ name: String) -> Counter {
            Counter(label: "sparsestore_" + name, dimensions: dimensions, factory: factory)
        }
        func timer(_ name: String) -> CoreMetrics.Timer {
            CoreMetrics.Timer(label: "sparsestore_" + name, dimensions: dimensions, factory: factory)
        }
        func gauge(_ name: String) -> Gauge {
            Gauge(label: "sparsestore_" + name, dimensions: dimensions, factory: factory)
        }
        searches = counter("searches")
        searchTime = timer("search_time")
        documentsScored = counter("documents_scored")
        postingsRead = counter("postings_read")
        commits = counter("commits")
        commitTime = timer("commit_time")
        merges = counter("merges")
        bytesWritten = counter("bytes_written")
        bytesMerged = counter("bytes_merged")
        oldestSnapshot = gauge("oldest_snapshot_seconds")
        fileBytes = gauge("file_bytes")
        liveBytes = gauge("live_bytes")
        freeBytes = gauge("free_bytes")
    }

    func searched(documentsScored scored: Int, postings: Int, in duration: Duration) {
        searches.increment()
        searchTime.recordNanoseconds(duration.inNanoseconds)
        documentsScored.increment(by: scored)
        postingsRead.increment(by: postings)
    }

    /// - Parameter duration: The duration of the whole write, including the wait for its turn.
    func committed(from old: ManifestRecord, to new: ManifestRecord, in duration: Duration) {
        commits.increment()
        commitTime.recordNanoseconds(duration.inNanoseconds)
        bytesWritten.increment(by: Int64(clamping: new.bytesWritten &- old.bytesWritten))
        if new.bytesMerged != old.bytesMerged { merged(bytes: Int(clamping: new.bytesMerged &- old.bytesMerged)) }
    }

    /// Reports a merge that ran outside a commit.
    func mergedBeside(bytes: Int) {
        bytesWritten.increment(by: bytes)
        merged(bytes: bytes)
    }

    private func merged(bytes: Int) {
        merges.increment()
        bytesMerged.increment(by: bytes)
    }

    func oldestSnapshot(age: Duration) { oldestSnapshot.record(age.inSeconds) }

    func sizes(file: Int, live: Int, free: Int) {
        fileBytes.record(file)
        liveBytes.record(live)
        freeBytes.record(free)
    }
}

extension Duration {
    /// The duration in seconds.
    var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }

    fileprivate var inNanoseconds: Int64 {
        Int64(clamping: components.seconds &* 1_000_000_000 &+ components.attoseconds / 1_000_000_000)
    }
}

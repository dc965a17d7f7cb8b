import Foundation
import LMDB
import Logging
import Metrics
import MetricsTestKit
import Platform
import Testing

@testable import SparseStore

@Suite struct ObservabilityTests {
    /// Keeps what is logged.
    private struct Recorder: LogHandler {
        let messages: Lock<[(Logger.Level, String)]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) { messages.withLock { $0.append((event.level, "\(event.message)")) } }
    }

    @Test func `searches, commits, merges and sizes are reported under the documented names`() throws {
        let metrics = TestMetrics()
        let temporary = try TemporaryStore()
        let store = try temporary.open {
            $0.metrics = metrics
            $0.maintenance = .manual
        }
        let dimensions = [("store", "test.sparse")]
        func total(_ name: String) -> Int64 {
            metrics.counterTotal(label: "sparsestore_\(name)", dimensions: dimensions)
        }
        for commit in 0..<20 {
            try store.write { transaction in
                for number in 0..<10 {
                    try transaction.upsert(Document(id: "\(commit)-\(number)", terms: ["t": Float(number + 1)]))
                }
            }
        }
        try store.write { _ in }
        try store.optimize()
        let result = try store.search(["t": 1], recall: .exact)
        let statistics = try store.statistics()
        #expect(total("commits") == Int64(statistics.generation))
        #expect(total("bytes_written") == Int64(statistics.bytesWritten))
        #expect(total("bytes_merged") == Int64(statistics.bytesMerged))
        #expect(statistics.bytesMerged > 0)
        #expect(total("merges") >= 1)
        #expect(total("searches") == 1)
        #expect(total("documents_scored") == Int64(result.counters.documentsScored))
        #expect(total("postings_read") == Int64(result.counters.postings))
        #expect(result.counters.postings > 0)
        #expect(try metrics.expectTimer("sparsestore_search_time", dimensions).values.count == 1)
        #expect(
            try metrics.expectTimer("sparsestore_commit_time", dimensions).values.count == Int(statistics.generation))
        for (name, value) in [
            ("file_bytes", statistics.fileBytes), ("live_bytes", statistics.liveBytes),
            ("free_bytes", statistics.freeBytes),
        ] {
            #expect(try metrics.expectGauge("sparsestore_\(name)", dimensions).lastValue == Double(value))
        }
        try store.read { _ in
            usleep(2_000)
            _ = try store.statistics()
        }
        let age = try metrics.expectGauge("sparsestore_oldest_snapshot_seconds", dimensions).lastValue
        #expect(age ?? 0 >= 0.002)
        _ = try store.statistics()
        #expect(try metrics.expectGauge("sparsestore_oldest_snapshot_seconds", dimensions).lastValue == 0)
    }

    @Test func `a snapshot that is held long is warned of once, while it is held`() throws {
        let messages = Lock<[(Logger.Level, String)]>([])
        let temporary = try TemporaryStore()
        let logger = Logger(label: "test") { _ in Recorder(messages: messages) }
        let store = try temporary.open {
            $0.logger = logger
            $0.snapshotPatience = .milliseconds(20)
        }
        func warnings() -> Int { messages.withLock { $0.filter { $0.0 == .warning }.count } }
        try store.write { try $0.upsert(Document(id: "a", terms: ["t": 1])) }
        for _ in 0..<5 { _ = try store.search(["t": 1]) }
        #expect(warnings() == 0)
        try store.read { _ in
            usleep(30_000)
            #expect(warnings() == 0)
            for _ in 0..<3 { _ = try store.search(["t": 1]) }
            #expect(warnings() == 1)
        }
        #expect(warnings() == 1)
        // With nobody to notice it before, its own end tells.
        _ = try store.read { _ in usleep(30_000) }
        #expect(warnings() == 2)
        #expect(messages.withLock { $0.contains { $0.0 == .debug && $0.1 == "committed" } })
        #expect(messages.withLock { $0.contains { $0.0 == .trace && $0.1 == "searched" } })
    }

    private struct Constant: AsyncReranker {
        let name = "constant"
        func input(_ candidate: Candidate) throws -> String { candidate.id }
        func scores(_ inputs: [String]) async throws -> [Float] { inputs.map { _ in 1 } }
    }

    @Test func `a search with a model that is waited for is reported`() async throws {
        let messages = Lock<[(Logger.Level, String)]>([])
        let metrics = TestMetrics()
        let temporary = try TemporaryStore()
        let logger = Logger(label: "test") { _ in Recorder(messages: messages) }
        let store = try temporary.open {
            $0.logger = logger
            $0.metrics = metrics
        }
        try await store.write { try $0.upsert(Document(id: "a", terms: ["t": 1])) }
        let result = try await store.search(["t": 1], rerankedBy: Constant())
        #expect(result.count == 1)
        let dimensions = [("store", "test.sparse")]
        #expect(metrics.counterTotal(label: "sparsestore_searches", dimensions: dimensions) == 1)
        #expect(try metrics.expectTimer("sparsestore_search_time", dimensions).values.count == 1)
        #expect(messages.withLock { $0.contains { $0.0 == .trace && $0.1 == "searched" } })
    }

    @Test func `a merge in the background that fails is warned of`() async throws {
        let messages = Lock<[(Logger.Level, String)]>([])
        let temporary = try TemporaryStore()
        let store = try temporary.open { $0.maintenance = .manual }
        store.close()
        let background = BackgroundMerging(store.merger, Logger(label: "test") { _ in Recorder(messages: messages) })
        background.wake()
        while background.failure == nil { try await Task.sleep(for: .milliseconds(1)) }
        background.stop(isWaiting: true)
        #expect(messages.withLock { $0.contains { $0.0 == .warning && $0.1.contains("merge") } })
    }

    @Test func `statistics name the oldest reader`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        #expect(try store.statistics().oldestReader == nil)
        try store.read { _ in
            for round in 0..<3 { try store.write { try $0.upsert(Document(id: "x\(round)", terms: ["t": 1])) } }
            try store.read { _ in
                let statistics = try store.statistics()
                #expect(statistics.readers == 2)
                let reader = try #require(statistics.oldestReader)
                #expect(reader.process == Int(ProcessInfo.processInfo.processIdentifier))
                #expect(reader.commitsBehind == 3)
                #expect(!reader.thread.isEmpty)
            }
        }
        #expect(try store.statistics().oldestReader == nil)
    }
}

import Foundation
import Testing

@testable import SparseStore

/// Many small stores in one process.
@Suite(.timeLimit(.minutes(10))) struct ManyStoresTests {
    private static let count = 500

    private static func configuration() -> Configuration {
        var policy = MergePolicy()
        policy.fanout = 2
        return Configuration(
            durability: .lastCommitsMayBeLost, maintenance: .shared, mergePolicy: policy, mapSize: 64 << 20)
    }

    /// Threads of this process that run for the stores; tests of other suites may have some.
    private static var threads: Int? {
        try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
    }

    @Test func `five hundred stores are open at once, and one thread merges for all`() throws {
        let temporary = try TemporaryStore()
        let before = Self.threads
        let stores = try (0..<Self.count).map { number in
            try Store.open(
                at: temporary.directory.appendingPathComponent("\(number).sparse").path,
                configuration: Self.configuration())
        }
        defer { for store in stores { store.close() } }
        for round in 0..<3 {
            for (number, store) in stores.enumerated() {
                try store.write { try $0.upsert(Document(id: "d\(round)", terms: ["t\(number)": 1])) }
            }
        }
        if let before, let now = Self.threads { #expect(now < before + 50) }
        for (number, store) in stores.enumerated() {
            #expect(try store.search(["t\(number)": 1], recall: .exact).count == 3)
        }
    }

    @Test func `stores that share a thread are all merged`() async throws {
        let temporary = try TemporaryStore()
        let stores = try (0..<20).map { number in
            let path = temporary.directory.appendingPathComponent("\(number).sparse").path
            return try synchronous { try Store.open(at: path, configuration: Self.configuration()) }
        }
        for store in stores {
            for batch in 0..<3 {
                try await store.write { transaction in
                    for number in 0..<200 {
                        try transaction.upsert(Document(id: "\(batch)-\(number)", terms: ["t": Float(1 + number)]))
                    }
                }
            }
        }
        for store in stores {
            while try await store.statistics().segmentsDue > 0 { try await Task.sleep(for: .milliseconds(2)) }
            #expect(try await store.statistics().mergeFailure == nil)
        }
        for store in stores { store.close() }
    }

    @Test func `a store that closes leaves the shared thread to the others`() async throws {
        let temporary = try TemporaryStore()
        let path = temporary.directory.appendingPathComponent("a.sparse").path
        let other = try await Store.open(at: temporary.path, configuration: Self.configuration())
        for _ in 0..<10 {
            let store = try await Store.open(at: path, configuration: Self.configuration())
            try await store.write { transaction in
                for number in 0..<100 { try transaction.upsert(Document(id: "\(number)", terms: ["t": 1])) }
            }
            store.close()
        }
        try await other.write { try $0.upsert(Document(id: "a", terms: ["t": 1])) }
        while try await other.statistics().segmentsDue > 0 { try await Task.sleep(for: .milliseconds(2)) }
        #expect(try await other.contains("a"))
        other.close()
    }

    private func synchronous<R>(_ body: () throws -> R) rethrows -> R { try body() }
}

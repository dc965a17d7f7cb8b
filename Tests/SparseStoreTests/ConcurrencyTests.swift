import Foundation
import Platform
import Testing

@testable import LMDB
@testable import SparseStore

/// Many searching threads, a writer and merges, all at once. Run it under the thread sanitizer:
/// `swift test --sanitize=thread --filter ConcurrencyTests`.
@Suite struct ConcurrencyTests {
    /// What each commit holds, noted before it is made.
    private struct History {
        var states: [UInt64: BruteForce] = [:]
        /// The newest commit whose `write` has returned.
        var acknowledged: UInt64 = 0
        var isOver = false
        var failures: [String] = []
    }

    private static func policy(_ configuration: inout Configuration) {
        configuration.mergePolicy.fanout = 2
        configuration.mergePolicy.documentsMergedByCommits = 0
        configuration.durability = .lastCommitsMayBeLost
    }

    @Test func `every answer is that of one commit, no older than the last one acknowledged`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open(Self.policy)
        let history = Lock(History())
        history.withLock { $0.states[0] = BruteForce() }
        func noting(_ body: @escaping @Sendable () throws -> Void) -> @Sendable () -> Void {
            {
                do { try body() } catch { history.withLock { $0.failures.append("\(error)") } }
            }
        }
        let searches = Lock(0)
        var threads: [WorkerThread] = []
        for thread in 0..<3 {
            threads.append(
                try WorkerThread(
                    noting {
                        var vectors = Self.vectors(seed: UInt64(100 + thread))
                        while !history.withLock({ $0.isOver }) {
                            let query = try vectors.next()
                            let before = history.withLock { $0.acknowledged }
                            let found = try store.search(Query(vector: query), limit: 5, recall: .exact)
                            let state = history.withLock { $0.states[found.generation] }
                            let expected = state?.search(query, limit: 5)
                            if found.generation < before || expected?.map(\.id) != found.map(\.id)
                                || expected?.map(\.score) != found.map(\.score)
                            {
                                history.withLock {
                                    $0.failures.append(
                                        "commit \(found.generation), after \(before): \(found.map(\.id))")
                                }
                            }
                            searches.withLock { $0 += 1 }
                        }
                    }))
        }
        threads.append(
            try WorkerThread(
                noting {
                    while !history.withLock({ $0.isOver }) {
                        try store.maintain()
                        try store.optimize()
                        _ = try store.statistics()
                    }
                }))
        try write(commits: 120, to: store, history)
        history.withLock { $0.isOver = true }
        for thread in threads { thread.join() }
        let failures = history.withLock { $0.failures }
        #expect(failures.isEmpty, "\(failures.prefix(5))")
        #expect(searches.withLock { $0 } > 20)
        try store.maintain()
        #expect(try leftovers(store).isEmpty)
        #expect(try store.statistics().mergeFailure == nil)
    }

    private static func vectors(seed: UInt64) -> RandomVectors {
        var vectors = RandomVectors(seed: seed)
        vectors.termSpace = 60
        vectors.terms = 2...6
        return vectors
    }

    private func write(commits: Int, to store: Store, _ history: Lock<History>) throws {
        var vectors = Self.vectors(seed: 5)
        var model = BruteForce()
        for _ in 0..<commits {
            var next = model
            let generation = try store.write { transaction in
                next = model
                for _ in 0..<4 {
                    let id = "d\(Int.random(in: 0..<80, using: &vectors.generator))"
                    if Int.random(in: 0..<3, using: &vectors.generator) == 0 {
                        _ = try transaction.remove(id)
                        next.documents[id] = nil
                    } else {
                        let vector = try vectors.next()
                        try transaction.upsert(Document(id: id, vector: vector))
                        next.documents[id] = vector
                    }
                }
                let generation = transaction.generation
                history.withLock { $0.states[generation] = next }
                return generation
            }
            model = next
            history.withLock { $0.acknowledged = generation }
        }
    }

    @Test func `closing in the middle of a merge is quick, loses nothing and leaves nothing that stays`() throws {
        let temporary = try TemporaryStore()
        var documents = 0
        for round in 0..<6 {
            let store = try temporary.open(Self.policy)
            var vectors = Self.vectors(seed: UInt64(round + 1))
            for _ in 0..<3 {
                try store.write { transaction in
                    for index in 0..<300 {
                        try transaction.upsert(Document(id: "\(documents + index)", vector: vectors.next()))
                    }
                }
                documents += 300
            }
            Thread.sleep(forTimeInterval: 0.002 * Double(round))
            let clock = ContinuousClock()
            #expect(clock.measure { store.close() } < .seconds(2))
        }
        let store = try temporary.open { $0.maintenance = .manual }
        #expect(try store.read { $0.count } == documents)
        try store.maintain()
        #expect(try leftovers(store).isEmpty)
    }

    @Test func `a store that nobody holds any more closes itself, merges or not`() throws {
        let temporary = try TemporaryStore()
        for round in 0..<3 {
            var store: Store? = try temporary.open(Self.policy)
            for index in 0..<20 {
                try store?.write { try $0.upsert(Document(id: "\(round)-\(index)", terms: ["a": 1])) }
            }
            store = nil
        }
        #expect(try temporary.open().read { $0.count } == 60)
    }

    @Test func `closing inside a write does not wait for a merge that waits for the write`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open(Self.policy)
        for index in 0..<20 { try store.write { try $0.upsert(Document(id: "\(index)", terms: ["a": 1])) } }
        _ = try? store.write { transaction in
            try transaction.upsert(Document(id: "last", terms: ["a": 1]))
            Thread.sleep(forTimeInterval: 0.02)
            store.close()
        }
        #expect(throws: SparseStoreError.self) { try store.read { $0.count } }
        #expect(try temporary.open().read { $0.count } >= 20)
    }
}

import Foundation
import LMDB
import Platform
import Testing

@testable import SparseStore

@Suite struct CompactionTests {
    private static func document(_ number: Int, round: Int = 0) -> Document {
        Document(
            id: "d\(number)", terms: ["t": Float(number % 97 + 1), "r\(round)": 1],
            payload: Array(repeating: UInt8(number % 200), count: 600))
    }

    private func makeSparse(_ temporary: TemporaryStore) throws -> Store {
        let store = try temporary.open { $0.durability = .lastCommitsMayBeLost }
        try store.write { for number in 0..<3_000 { try $0.upsert(Self.document(number)) } }
        try store.write { for number in 0..<3_000 where number % 10 != 0 { try $0.remove("d\(number)") } }
        try store.optimize()
        return store
    }

    @Test func `the file shrinks, and everything in it is as before`() async throws {
        let temporary = try TemporaryStore()
        let store = try makeSparse(temporary)
        let before = try await store.search(["t": 1], limit: 300, recall: .exact)
        let document = try await store.document("d10")
        let generation = try await store.read { $0.generation }
        let report = try await store.compact()
        #expect(report.bytesAfter < report.bytesBefore / 2)
        let statistics = try await store.statistics()
        #expect(statistics.fileBytes == report.bytesAfter)
        #expect(statistics.freeBytes == 0)
        #expect(statistics.generation == generation)
        #expect(statistics.documents == 300)
        let after = try await store.search(["t": 1], limit: 300, recall: .exact)
        #expect(after.hits == before.hits)
        #expect(try await store.document("d10") == document)
        #expect(document != nil)
        #expect(try await store.verify(.deep).isClean)
        // Transaction numbers begin anew: what was remembered of the old file must not be taken for the new one's.
        for round in 1...8 {
            try await store.write { try $0.upsert(Self.document(10_000 + round, round: round)) }
            #expect(try await store.search(["r\(round)": 1]).map(\.id) == ["d\(10_000 + round)"])
            if round == 4 { try await store.compact() }
        }
        store.close()
        let again = try temporary.open()
        #expect(try await again.verify(.deep).isClean)
        #expect(try await again.read { $0.count } == 308)
    }

    @Test func `searches and writes go on while it runs`() async throws {
        let temporary = try TemporaryStore()
        let store = try makeSparse(temporary)
        let isDone = Lock(false)
        let failures = Lock<[String]>([])
        let finished = DispatchGroup()
        func run(_ body: @escaping @Sendable () throws -> Void) {
            let thread = Thread {
                do { try body() } catch { failures.withLock { $0.append("\(error)") } }
                finished.leave()
            }
            finished.enter()
            thread.start()
        }
        for _ in 0..<2 {
            run {
                while !isDone.withLock({ $0 }) {
                    let found = try store.search(["t": 1], limit: 1_000, recall: .exact)
                    #expect(found.count >= 300 && found.hits[0].score == 97)
                }
            }
        }
        run {
            for round in 1...30 { try store.write { try $0.upsert(Self.document(20_000 + round, round: round)) } }
        }
        run {
            defer { isDone.withLock { $0 = true } }
            for _ in 0..<4 { try store.compact() }
        }
        await withCheckedContinuation { continuation in finished.notify(queue: .global()) { continuation.resume() } }
        #expect(failures.withLock { $0 } == [])
        #expect(try await store.read { $0.count } == 330)
        #expect(try await store.verify(.deep).isClean)
    }

    @Test func `a cancelled compaction keeps the old file`() throws {
        let temporary = try TemporaryStore()
        let store = try makeSparse(temporary)
        let before = try store.statistics().fileBytes
        let cancellation = Cancellation()
        cancellation.raise()
        let error = #expect(throws: SparseStoreError.self) { try store.compact(cancellation: cancellation) }
        #expect(error?.code == .cancelled)
        #expect(try store.statistics().fileBytes == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: temporary.directory.path).count == 2)
    }
}

import Foundation
import Platform
import SparseStore
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(10))) struct AsyncRerankTests {
    private struct Broken: Error, CustomStringConvertible {
        let description = "the model is away"
    }

    /// Scores by the number in the payload, the lowest best.
    private static func lowest(
        _ wait: @escaping @Sendable ([String]) async throws -> Void = { _ in }
    ) -> ModelReranker<String> {
        ModelReranker(
            "lowest", copying: { String(decoding: try $0.payload() ?? [], as: UTF8.self) },
            model: { texts in
                try await wait(texts)
                return texts.map { -(Float($0.dropFirst(5)) ?? 0) }
            })
    }

    @Test func `a model ranks the candidates, the rest follows`() async throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        let result = try await store.search(["t": 1], limit: 7, candidates: 5, rerankedBy: Self.lowest())
        #expect(result.map(\.id) == ["d16", "d17", "d18", "d19", "d20", "d15", "d14"])
        #expect(result.stages.map(\.name) == ["search", "lowest"])
        #expect(result.hits[0].stageScores == [16, -16])
        #expect(result.hits[6].stageScores == [14, nil])
        #expect(result.fallback == nil)
    }

    @Test func `fields are those of the snapshot that was searched, whatever was written meanwhile`() async throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        let model = Self.lowest { _ in
            try await store.write { transaction in
                for number in 1...20 { try transaction.upsert(Document(id: "d\(number)", terms: ["t": 1])) }
            }
        }
        let options = SearchOptions(limit: 3, fields: [.payload, .tags])
        let result = try await store.search(["t": 1], options: options, candidates: 5, rerankedBy: model)
        #expect(result.map(\.id) == ["d16", "d17", "d18"])
        #expect(result.map { String(decoding: $0.payload ?? [], as: UTF8.self) } == ["text 16", "text 17", "text 18"])
        #expect(result.map(\.tags) == [["even"], ["odd"], ["even"]])
        #expect(try await store.document("d16")?.payload == nil)
    }

    @Test func `batches have the stated size, and no more than stated run at once`() async throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        let sizes = Mutex<[Int]>([])
        let running = Mutex((now: 0, most: 0))
        let model = Self.lowest { texts in
            sizes.withLock { $0.append(texts.count) }
            running.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
            try await Task.sleep(for: .milliseconds(5))
            running.withLock { $0.now -= 1 }
        }
        let result = try await store.search(
            ["t": 1], limit: 3, candidates: 17, rerankedBy: model, batches: BatchOptions(size: 4, concurrency: 2))
        #expect(result.map(\.id) == ["d4", "d5", "d6"])
        #expect(sizes.withLock { $0.sorted() } == [1, 4, 4, 4, 4])
        #expect(running.withLock { $0.most } <= 2)
    }

    @Test(arguments: [0, 1, 2])
    func `a model that fails leaves the order of the stage before, and the result says so`(way: Int) async throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        let model = ModelReranker<Int>("bad", copying: { $0.rank }) { ranks in
            // The first batch is scored, the second is not.
            guard ranks.contains(5) else { return ranks.map(Float.init) }
            switch way {
            case 0: throw Broken()
            case 1: return [1]
            default: return ranks.map { _ in .nan }
            }
        }
        var options = SearchOptions()
        options.limit = 3
        let stages = [SearchStage.rerank(.scoring { -$0.score }, candidates: 10)]
        let result = try await store.search(
            ["t": 1], options: options, stages: stages, candidates: 10, rerankedBy: model,
            batches: BatchOptions(size: 4, concurrency: 1))
        #expect(result.map(\.id) == ["d11", "d12", "d13"])
        #expect(result.map(\.score) == [-11, -12, -13])
        #expect(result.stages.last?.scored == 0)
        guard case .failed(let message) = result.fallback else {
            Issue.record("the result does not say that the model failed")
            return
        }
        if way == 0 { #expect(message == "the model is away") }
    }

    @Test func `the answer comes when the deadline passes, also from a model that does not listen`() async throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        let model = Self.lowest { _ in
            await withCheckedContinuation { continuation in
                DispatchQueue.global().asyncAfter(deadline: .now() + 3) { continuation.resume() }
            }
        }
        let start = ContinuousClock.now
        let result = try await store.search(
            ["t": 1], limit: 3, rerankedBy: model, batches: BatchOptions(deadline: .milliseconds(50)))
        #expect(ContinuousClock.now - start < .seconds(2))
        #expect(result.map(\.id) == ["d20", "d19", "d18"])
        #expect(result.fallback == .deadlinePassed)
    }

    @Test func `a cancelled task ends with an error, and the model is told`() async throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        let (asked, ask) = AsyncStream<Void>.makeStream()
        let (told, tell) = AsyncStream<Void>.makeStream()
        let search = Task {
            try await store.search(
                ["t": 1],
                rerankedBy: Self.lowest { _ in
                    ask.yield()
                    do { try await Task.sleep(for: .seconds(30)) } catch {
                        tell.yield()
                        throw error
                    }
                })
        }
        for await _ in asked { break }
        search.cancel()
        let error = await #expect(throws: SparseStoreError.self) { try await search.value }
        #expect(error?.code == .cancelled)
        for await _ in told { break }
    }

    @Test func `a task that is cancelled at the start never asks the model`() async throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        let search = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await store.search(
                ["t": 1], rerankedBy: Self.lowest { _ in Issue.record("the model was asked") })
        }
        let error = await #expect(throws: SparseStoreError.self) { try await search.value }
        #expect(error?.code == .cancelled)
    }

    @Test func `no snapshot is held while the model is waited for`() async throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        let idle = try await store.statistics().readers
        #expect(try await store.read { _ in try store.statistics().readers } == idle + 1)
        let waiting = Mutex(-1)
        _ = try await store.search(
            ["t": 1],
            rerankedBy: Self.lowest { _ in
                let readers = try await store.statistics().readers
                waiting.withLock { $0 = readers }
            }, batches: BatchOptions(size: 100))
        #expect(waiting.withLock { $0 } == idle)
    }

    @Test func `a model with nothing to score is not asked`() async throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        let model = Self.lowest { _ in Issue.record("there is no candidate") }
        let result = try await store.search(["absent": 1], rerankedBy: model)
        #expect(result.isEmpty)
        for batches in [BatchOptions(size: 0), BatchOptions(concurrency: 0)] {
            let error = await #expect(throws: SparseStoreError.self) {
                try await store.search(["t": 1], rerankedBy: model, batches: batches)
            }
            #expect(error?.code == .invalidArgument)
        }
    }
}

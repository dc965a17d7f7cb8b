import Dispatch
import Foundation
import LMDB
import Platform
import SparseFormat
import SystemPackage
import Testing

@testable import SparseStore

/// The calls for tasks, deadlines, and commits that are waited for.
@Suite(.timeLimit(.minutes(10))) struct AsyncTests {
    private func makeStore(_ temporary: TemporaryStore) throws -> Store { try temporary.openNumbered() }

    /// The synchronous calls, out of an asynchronous function's reach.
    private func synchronous<R>(_ body: () throws -> R) rethrows -> R { try body() }

    @Test func `each call gives what its synchronous namesake gives`() async throws {
        let temporary = try TemporaryStore()
        let store = try makeStore(temporary)
        let found = try await store.search(["t": 1], limit: 3)
        #expect(found == synchronous { try? store.search(["t": 1], limit: 3) })
        #expect(found.map(\.id) == ["d20", "d19", "d18"])
        #expect(try await store.document("d3") == synchronous { try store.document("d3") })
        #expect(try await store.contains("d3"))
        #expect(try await store.contains("absent") == false)
        #expect(try await store.scores(["t": 1], of: ["d4", "absent"]) == [4, nil])
        #expect(try await store.read { $0.count } == 20)
        let generation = try await store.write { transaction in
            try transaction.remove("d20")
            return transaction.generation
        }
        let after = try await store.search(["t": 1], atLeast: generation)
        #expect(after.generation == generation)
        #expect(after.hits.first?.id == "d19")
        let options = SearchOptions()
        let staged = try await store.search(
            ["t": 1], options: options, stages: [.rerank(.scoring { -Float($0.rank) })])
        #expect(staged.stages.count == 2)
        try await store.optimize()
        #expect(try await store.tune(queries: [["t": 1]]).isEmpty == false)
        #expect(try await store.verify(.deep).isClean)
        #expect(try await store.statistics().documents == 19)
    }

    @Test func `opening, copying, building and repairing have async twins that do the same`() async throws {
        let temporary = try TemporaryStore()
        let folder = temporary.directory
        let store = try await Store.open(at: temporary.path, configuration: Configuration(maintenance: .manual))
        try await store.write { transaction in
            for number in 1...20 {
                let tokens = try Multivector([[Float(number), 1]])
                try transaction.upsert(Document(id: "d\(number)", terms: ["t": Float(number)], multivector: tokens))
            }
        }
        try await store.encodeMultivectors(as: .int8)
        #expect(try await store.statistics().multivectors?.codec == .int8)
        try await store.changeProfile(to: .compact)
        #expect(try await store.statistics().profile == .compact)
        #expect(try await store.buildBlocks())
        let copy = folder.appendingPathComponent("copy.sparse").path
        try await store.backup(to: copy)
        let mended = folder.appendingPathComponent("mended.sparse").path
        let report = try await Store.repair(FilePath(copy), to: FilePath(mended))
        #expect(report.documents == 20)
        let again = try await Store.open(at: mended)
        #expect(try await again.read { $0.count } == 20)
        again.close()
        store.close()
    }

    @Test func `errors are those of the synchronous calls`() async throws {
        let temporary = try TemporaryStore()
        let store = try makeStore(temporary)
        do throws(SparseStoreError) {
            _ = try await store.search(["t": 1], limit: 0)
            Issue.record("no error")
        } catch {
            #expect(error.code == .invalidArgument)
        }
    }

    @Test func `a write that is cancelled while it waits for another leaves at once`() async throws {
        let temporary = try TemporaryStore()
        let store = try makeStore(temporary)
        let (began, mayEnd) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let holder = Task {
            try await store.write { transaction in
                try transaction.upsert(Document(id: "first", terms: ["t": 1]))
                began.signal()
                mayEnd.wait()
            }
        }
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                began.wait()
                continuation.resume()
            }
        }
        let waiting = Task { try await store.write { try $0.upsert(Document(id: "second", terms: ["t": 1])) } }
        waiting.cancel()
        // Would never come if the write waited for the other.
        let error = await #expect(throws: SparseStoreError.self) { try await waiting.value }
        #expect(error?.code == .cancelled)
        mayEnd.signal()
        try await holder.value
        #expect(try await store.contains("first"))
        #expect(try await store.contains("second") == false)
        try await store.write { try $0.upsert(Document(id: "third", terms: ["t": 1])) }
        #expect(try await store.contains("third"))
    }

    @Test(arguments: [false, true])
    func `a cancelled write is rolled back`(isAsked: Bool) async throws {
        let temporary = try TemporaryStore()
        let store = try makeStore(temporary)
        let (began, cancelled) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let reachedEnd = Lock(false)
        let task = Task {
            try await store.write { transaction in
                try transaction.upsert(Document(id: "new", terms: ["t": 1]))
                began.signal()
                cancelled.wait()
                if isAsked { try transaction.checkCancellation() }
                reachedEnd.withLock { $0 = true }
            }
        }
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                began.wait()
                continuation.resume()
            }
        }
        task.cancel()
        cancelled.signal()
        let error = await #expect(throws: SparseStoreError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        #expect(reachedEnd.withLock { $0 } != isAsked)
        #expect(try await store.contains("new") == false)
        #expect(try await store.read { $0.generation } == 1)
    }

    @Test func `what is cancelled before its turn does not begin`() async throws {
        let temporary = try TemporaryStore()
        let store = try makeStore(temporary)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await store.write { _ in Issue.record("it began") }
        }
        let error = await #expect(throws: SparseStoreError.self) { try await task.value }
        #expect(error?.code == .cancelled)
    }

    @Test(arguments: [Recall.exact, .fast])
    func `a cancelled search stops, whatever its plan`(recall: Recall) throws {
        let temporary = try TemporaryStore()
        let store = try makeStore(temporary)
        let cancellation = Cancellation()
        let snapshot = try store.source.snapshot(cancellation)
        var options = SearchOptions()
        options.recall = recall
        #expect(try snapshot.search(["t": 1], options: options).count == 10)
        cancellation.raise()
        let error = #expect(throws: SparseStoreError.self) { try snapshot.search(["t": 1], options: options) }
        #expect(error?.code == .cancelled)
    }

    @Test func `a search that is cancelled between its stages does not go on`() throws {
        let temporary = try TemporaryStore()
        let store = try makeStore(temporary)
        let cancellation = Cancellation()
        let snapshot = try store.source.snapshot(cancellation)
        let first = ScoringReranker("stage") { _ in
            cancellation.raise()
            return 1
        }
        let second = ScoringReranker("stage") { _ in
            Issue.record("the second stage began")
            return 1
        }
        let error = #expect(throws: SparseStoreError.self) {
            try snapshot.search(["t": 1], options: SearchOptions(), stages: [.rerank(first), .rerank(second)])
        }
        #expect(error?.code == .cancelled)
    }

    @Test func `a search stops within a batch of scored documents`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { for number in 0..<500 { try $0.upsert(Document(id: "\(number)", terms: ["t": 1])) } }
        let snapshot = try store.source.snapshot()
        let query = try snapshot.resolve(["t": 1], .none)
        var search = FirstStage(
            view: snapshot.view, query: query, limit: 500, minimumScore: nil, effort: nil,
            budget: SearchBudget(deadline: .now + .seconds(60)))
        var counters = SearchCounters()
        #expect(try store.source.scratch.withScratch { try search.run($0, &counters) }.count == 500)
        search.budget.deadline = .now
        let error = #expect(throws: SparseStoreError.self) {
            try store.source.scratch.withScratch { try search.run($0, &counters) }
        }
        #expect(error?.code == .deadlineExceeded)
        // What an interrupted search leaves in the scratch memory must not show in the next.
        #expect(try store.search(["t": 1], limit: 500, recall: .exact).count == 500)
    }

    @Test func `a deadline that has passed is a typed error`() async throws {
        let temporary = try TemporaryStore()
        let store = try makeStore(temporary)
        var options = SearchOptions()
        options.deadline = .now + .seconds(60)
        #expect(try await store.search(["t": 1], options: options).count == 10)
        options.deadline = .now - .seconds(1)
        let late = options
        let error = await #expect(throws: SparseStoreError.self) { try await store.search(["t": 1], options: late) }
        #expect(error?.code == .deadlineExceeded)
        synchronous {
            let error = #expect(throws: SparseStoreError.self) { try store.search(["t": 1], options: late) }
            #expect(error?.code == .deadlineExceeded)
        }
    }

    @Test func `writes that wait leave the tasks' threads free`() async throws {
        let temporary = try TemporaryStore()
        let store = try makeStore(temporary)
        let (isHeld, end) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        DispatchQueue.global().async {
            try? store.write { _ in
                isHeld.signal()
                end.wait()
            }
        }
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                isHeld.wait()
                continuation.resume()
            }
        }
        // More than any machine has cores; only when one of the others has run may they go on.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask { try await store.write { try $0.upsert(Document(id: "w\(number)", terms: ["t": 1])) } }
            }
            for _ in 0..<20 { await Task.detached {}.value }
            #expect(try await store.search(["t": 1], limit: 1).count == 1)
            end.signal()
            try await group.waitForAll()
        }
        #expect(try await store.read { $0.count } == 220)
    }

    @Test func `a commit that is waited for is found when it comes`() async throws {
        let temporary = try TemporaryStore()
        let store = try makeStore(temporary)
        let error = await #expect(throws: SparseStoreError.self) { try await store.search(["new": 1], atLeast: 2) }
        #expect(error?.code == .generationNotReached)
        async let found = store.search(["new": 1], atLeast: 2, waitingUpTo: .seconds(30))
        async let count = store.read(atLeast: 2, waitingUpTo: .seconds(30)) { $0.count }
        try await Task.sleep(for: .milliseconds(20))
        try await store.write { try $0.upsert(Document(id: "new", terms: ["new": 1])) }
        #expect(try await found.map(\.id) == ["new"])
        #expect(try await count == 21)
        #expect(try await store.search(["new": 1], atLeast: 1).generation == 2)
    }

    @Test func `waiting for a commit ends with the deadline and with the task`() async throws {
        let temporary = try TemporaryStore()
        let store = try makeStore(temporary)
        var options = SearchOptions()
        options.deadline = .now + .milliseconds(20)
        let limited = options
        let late = await #expect(throws: SparseStoreError.self) {
            try await store.search(["t": 1], options: limited, atLeast: 9, waitingUpTo: .seconds(600))
        }
        #expect(late?.code == .deadlineExceeded)
        let task = Task { try await store.search(["t": 1], atLeast: 9, waitingUpTo: .seconds(600)) }
        try await Task.sleep(for: .milliseconds(10))
        task.cancel()
        let error = await #expect(throws: SparseStoreError.self) { try await task.value }
        #expect(error?.code == .cancelled)
    }

    @Test func `a transaction that changes nothing keeps the generation that it promised`() async throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        let promised = try await store.write { transaction in
            let generation = transaction.generation
            try transaction.remove("nope")
            return generation
        }
        #expect(try await store.read { $0.generation } == promised)
        #expect(try await store.search(["t": 1], atLeast: promised).generation == promised)
        // Nobody knows the number of this one.
        try await store.write { try $0.remove("nope") }
        #expect(try await store.read { $0.generation } == promised)
    }

    @Test func `a search runs while many tasks wait for a commit`() async throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        let ended = Lock(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<300 {
                group.addTask {
                    _ = try? await store.search(["t": 1], atLeast: 1_000, waitingUpTo: .seconds(600))
                    ended.withLock { $0 += 1 }
                }
            }
            for _ in 0..<20 {
                let found = try? await store.search(["t": 1], limit: 3).count
                #expect(found == 3)
            }
            #expect(ended.withLock(\.self) == 0)
            group.cancelAll()
        }
    }
}

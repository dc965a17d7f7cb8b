import LMDB
import Platform
import SparseFormat
import Testing

@testable import SparseStore

/// Many queries at once, and filters that searches share.
@Suite(.timeLimit(.minutes(10))) struct BatchSearchTests {
    private func filled(_ temporary: TemporaryStore, _ collection: inout TaggedCollection) throws -> Store {
        let store = try temporary.open()
        try store.write { transaction in
            for _ in 0..<200 { try transaction.upsert(collection.add()) }
        }
        return store
    }

    /// The synchronous calls, out of an asynchronous function's reach.
    private func synchronous<R>(_ body: () throws -> R) rethrows -> R { try body() }

    @Test(arguments: [nil, 1, 3, 1_000]) func `a batch gives what its queries give one by one`(threads: Int?) throws {
        let temporary = try TemporaryStore()
        var collection = TaggedCollection(seed: 1)
        let store = try filled(temporary, &collection)
        let queries = try (0..<12).map { _ in Query(vector: try collection.query()) }
        var options = SearchOptions()
        options.filter = .tag("one in 2")
        options.includesContributions = true
        for recall in [Recall.exact, .fast] {
            options.recall = recall
            let batch = try store.search(batch: queries, options: options, threads: threads)
            #expect(try batch.map { try $0.get() } == queries.map { try store.search($0, options: options) })
            #expect(batch.allSatisfy { (try? $0.get().hits.isEmpty) == false })
        }
        #expect(try store.search(batch: [], threads: threads).isEmpty)
    }

    @Test func `a query that cannot be answered keeps no other from being so`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        let answers = try store.search(batch: [
            ["t": 1], Query(vector: try SparseVector([(1, 1)])), ["u": 1], ["t": .infinity],
        ])
        #expect(answers.count == 4)
        #expect(try answers[0].get().hits.first?.id == "d20")
        #expect(try answers[2].get().hits.count == 10)
        for (index, code) in [(1, SparseStoreError.Code.termSpaceMismatch), (3, .invalidVector)] {
            let error = #expect(throws: SparseStoreError.self) { try answers[index].get() }
            #expect(error?.code == code)
        }
        var options = SearchOptions()
        options.deadline = .now
        let late = try store.search(batch: [["t": 1], ["u": 1]], options: options)
        for answer in late {
            #expect(#expect(throws: SparseStoreError.self) { try answer.get() }?.code == .deadlineExceeded)
        }
    }

    @Test func `what is wrong with all of a batch is thrown`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        var options = SearchOptions()
        options.limit = 0
        #expect(
            #expect(throws: SparseStoreError.self) { try store.search(batch: [], options: options) }?.code
                == .invalidArgument)
        #expect(
            #expect(throws: SparseStoreError.self) { try store.search(batch: [["t": 1]], threads: 0) }?.code
                == .invalidArgument)
    }

    @Test func `a task's batch ends when the task is cancelled`() async throws {
        let temporary = try TemporaryStore()
        var collection = TaggedCollection(seed: 2)
        let store = try filled(temporary, &collection)
        let queries = try (0..<20).map { _ in Query(vector: try collection.query()) }
        let found = try await store.search(batch: queries).map { try $0.get() }
        #expect(found == (try synchronous { try queries.map { try store.search($0) } }))
        // As many queries as keep it busy for seconds.
        let endless = [Query](repeating: queries[0], count: 200_000)
        let task = Task { try await store.search(batch: endless, options: SearchOptions()) }
        try await Task.sleep(for: .milliseconds(20))
        task.cancel()
        let outcome = await task.result
        #expect(#expect(throws: SparseStoreError.self) { try outcome.get() }?.code == .cancelled)
    }

    @Test func `where the system starts no thread, or one, those that there are do all the work`() {
        struct None: Error {}
        for most in [0, 1, 3] {
            let rest = Lock(100)
            var started = 0
            WorkerThread.run(onUpTo: 8) { body in
                guard started < most else { throw None() }
                started += 1
                return try WorkerThread(body)
            } _: {
                while rest.withLock({ rest in
                    rest -= 1
                    return rest >= 0
                }) {}
            }
            #expect(started == most)
            #expect(rest.withLock(\.self) < 0)
        }
    }

    @Test func `a filter's identifiers are looked up once for a commit`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        var options = SearchOptions()
        let ids = ["d3", "d5", "absent"]
        let filter = Filter.ids(ids) && !.tag("cafe\u{301}")
        options.filter = filter
        func found() throws -> [String] { try store.search(["t": 1], options: options).map(\.id) }
        #expect(try found() == ["d5", "d3"])
        let state = try store.read { $0.state }
        func isKnown(_ filter: Filter) -> Bool {
            var isKnown = true
            _ = state.filters.allowed(filter, AttributeSchemaRecord()) { _ in
                isKnown = false
                return []
            }
            return isKnown
        }
        #expect(isKnown(filter))
        let other = Filter.ids(ids) && !.tag("caf\u{E9}")
        #expect(filter != other)
        #expect(!isKnown(other))
        #expect(try found() == ["d5", "d3"])
        // Another commit has other documents.
        try store.write { transaction in
            try transaction.remove("d5")
            try transaction.upsert(Document(id: "absent", terms: ["t": 100]))
        }
        #expect(try found() == ["absent", "d3"])
        // The fifth filter takes the place of the first.
        for id in 1...4 { _ = state.filters.allowed(.ids(["d\(id)"]), AttributeSchemaRecord()) { _ in [] } }
        #expect(!isKnown(filter))
    }
}

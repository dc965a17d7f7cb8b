import LMDB
import SparseFormat
import Testing

@testable import SparseStore

/// What a search of the block index finds, against brute force.
@Suite(.timeLimit(.minutes(10))) struct BlockSearchTests {
    private func same(_ hits: [FoundDocument], _ expected: [(id: String, score: Float)]) -> Bool {
        hits.map(\.id) == expected.map(\.id) && hits.map(\.score) == expected.map(\.score)
    }

    @Test func `with every posting kept and every list searched to its end, the answer is brute force's`() throws {
        var blocks = try BlockCollection(building: BlockCollection.unpruned)
        for limit in [1, 10, 100, 10, 10] {
            let query = try blocks.collection.query()
            let (hits, counters) = try blocks.searchAll(query, limit: limit)
            #expect(same(hits, blocks.model().search(query, limit: limit)))
            #expect(counters.blocks > 0)
            #expect(counters.lines > 0)
            #expect(counters.segmentsScanned == 0)
        }
    }

    @Test func `with lists cut short, it is the best of the documents that they have`() throws {
        var blocks = try BlockCollection()
        for _ in 0..<6 {
            let query = try blocks.collection.query()
            let listed = try blocks.listed(query.terms)
            #expect(listed.count > 30)
            #expect(listed.count < 290)
            let model = BruteForce(documents: blocks.model().documents.filter { listed.contains($0.key.text) })
            #expect(try same(blocks.searchAll(query, limit: 20).hits, model.search(query, limit: 20)))
        }
    }

    @Test func `the lists have of each term the heaviest documents that have it`() throws {
        let blocks = try BlockCollection()
        let model = blocks.model()
        for term in [TermID(0), 3, 50, 200] {
            let listed = try blocks.listed([term])
            let having = model.documents.compactMap { id, vector in
                vector.terms.firstIndex(of: term).map { (id: id.text, weight: vector.weights[$0]) }
            }
            #expect(!listed.isEmpty)
            #expect(listed.count >= min(2, having.count))
            #expect(listed.count <= 12)
            // Codes are rounded by window: neighbors may change places.
            let least = having.filter { listed.contains($0.id) }.map(\.weight).min() ?? 0
            let missed = having.filter { !listed.contains($0.id) && $0.weight > least + 0.05 }
            #expect(listed.isSubset(of: having.map(\.id)))
            #expect(missed.isEmpty)
        }
    }

    @Test func `an exact answer is the same with a block index, and an untuned store is searched by windows`() throws {
        var blocks = try BlockCollection(documents: 4_200, building: nil)
        let queries = try (0..<3).map { _ in try blocks.collection.query() }
        func answers() throws -> [SearchResult] {
            try queries.flatMap { query in
                try [Recall.exact, .fast, .target(0.9)].map {
                    try blocks.store.search(Query(vector: query), limit: 10, recall: $0)
                }
            }
        }
        let before = try answers()
        #expect(try blocks.store.buildBlocks(BlockCollection.settings))
        let after = try answers()
        for (a, b) in zip(before, after) {
            #expect(a.hits == b.hits)
            #expect(a.plan == b.plan)
            #expect(b.counters.blocks == 0)
        }
        for (query, result) in zip(queries, stride(from: 0, to: after.count, by: 3).map { after[$0] }) {
            #expect(result.isExact)
            #expect(result.map(\.id) == blocks.model().search(query, limit: 10).map(\.id))
        }
    }

    @Test func `plain Seismic gives true scores and says what it did, and most of the answer`() throws {
        var blocks = try BlockCollection(building: BlockCollection.unpruned)
        var found = 0
        for _ in 0..<10 {
            let query = try blocks.collection.query()
            let result = try blocks.store.search(
                Query(vector: query), limit: 10, recall: .plainSeismic(cut: 8, heapFactor: 0.8))
            let truth = Dictionary(
                uniqueKeysWithValues: blocks.model().search(query, limit: .max).map { ($0.id, $0.score) })
            for hit in result { #expect(truth[hit.id] == hit.score) }
            found += Set(result.map(\.id)).intersection(blocks.model().search(query, limit: 10).map(\.id)).count
            #expect(result.plan.blockLists == 8)
            #expect(result.plan.heapFactor == 0.8)
            #expect(!result.isExact)
            #expect(result.plan.effort == nil)
            #expect(result.plan.droppedShare == nil)
            #expect(result.counters.lists == 8)
            #expect(result.counters.blocks > 0)
            #expect(result.counters.lines > 0)
        }
        #expect(found > 70)
    }

    @Test func `a higher heap factor visits fewer blocks`() throws {
        var blocks = try BlockCollection(building: BlockCollection.unpruned)
        let query = Query(vector: try blocks.collection.query())
        let counters = try [0, 0.7, 1].map {
            try blocks.store.search(query, limit: 10, recall: .plainSeismic(cut: 10, heapFactor: $0)).counters
        }
        #expect(counters[0].blocksSkipped == 0)
        #expect(counters[0].blocks > counters[1].blocks && counters[1].blocks > counters[2].blocks)
        #expect(counters.allSatisfy { $0.blocks + $0.blocksSkipped == counters[0].blocks })
    }

    @Test func `plain Seismic needs a block index, a list and a factor of 0 to 1`() throws {
        let store = try TemporaryStore()
        let opened = try store.openNumbered()
        func code(_ cut: Int, _ factor: Double) -> SparseStoreError.Code? {
            let recall = Recall.plainSeismic(cut: cut, heapFactor: factor)
            do {
                _ = try opened.search(["t": 1], recall: recall)
                return nil
            } catch { return error.code }
        }
        #expect(code(8, 0.9) == .invalidArgument)
        #expect(try opened.buildBlocks())
        #expect(code(8, 0.9) == nil)
        #expect(code(1, 0) == nil)
        #expect(code(.max, 1) == nil)
        for (cut, factor) in [(0, 0.9), (-1, 0.9), (8, 1.1), (8, -0.1), (8, .nan), (8, .infinity)] {
            #expect(code(cut, factor) == .invalidArgument, "\(cut) \(factor)")
        }
    }

    @Test(arguments: [nil, Filter.tag("one in 2"), .tag("one in 20"), .tag("one in 200"), .tag("absent")])
    func `a filter lets through what it should and nothing else`(_ filter: Filter?) throws {
        var blocks = try BlockCollection(building: BlockCollection.unpruned)
        // Half of the documents in the index, some behind it.
        try blocks.add(30)
        try blocks.remove(blocks.collection.ids.filter { $0.hasSuffix("5") })
        for _ in 0..<3 {
            let query = try blocks.collection.query()
            let hits = try blocks.searchAll(query, limit: 10, filter: filter).hits
            #expect(same(hits, blocks.model(filter).search(query, limit: 10)))
            var options = SearchOptions()
            options.recall = .plainSeismic(cut: 10, heapFactor: 0.9)
            options.filter = filter
            for hit in try blocks.store.search(Query(vector: query), options: options) {
                #expect(filter.map { blocks.collection.lets(hit.id, through: $0) } ?? true)
            }
        }
    }

    @Test func `a batch gives what its queries give one by one, and later stages what they give after any search`()
        throws
    {
        var blocks = try BlockCollection()
        var options = SearchOptions()
        options.recall = .plainSeismic(cut: 6, heapFactor: 0.8)
        options.includesContributions = true
        options.minimumScore = 1
        let queries = try (0..<12).map { _ in Query(vector: try blocks.collection.query()) }
        let single = try queries.map { try blocks.store.search($0, options: options) }
        let batch = try blocks.store.search(batch: queries, options: options, threads: 3)
        #expect(try batch.map { try $0.get() } == single)
        let stages = [SearchStage.feedback(Feedback(.best(3), terms: 9))]
        let staged = try blocks.store.search(queries[0], options: options, stages: stages)
        #expect(staged.stages.count == 2)
        #expect(!staged.hits.isEmpty)
        let scores = try blocks.store.scores(queries[0], of: single[0].map(\.id))
        #expect(scores == single[0].map(\.score))
    }

    @Test func `queries that have nothing to find find nothing`() throws {
        let blocks = try BlockCollection()
        let recall = Recall.plainSeismic(cut: 8, heapFactor: 0.9)
        #expect(try blocks.store.search(Query(terms: []), limit: 10, recall: recall).hits.isEmpty)
        let unknown = Query(vector: try SparseVector([(9_999, 1), (70_000, 2)]))
        #expect(try blocks.store.search(unknown, limit: 10, recall: recall).hits.isEmpty)
        var options = SearchOptions()
        options.recall = recall
        options.minimumScore = 1e9
        #expect(try blocks.store.search(Query(vector: SparseVector([(1, 1)])), options: options).hits.isEmpty)
    }

    @Test func `negative weights choose no block, and count in the scores`() throws {
        var blocks = try BlockCollection(building: BlockCollection.unpruned)
        for _ in 0..<10 {
            let vector = try blocks.collection.query()
            for sign: Float in [1, -1] {
                let weights = zip(vector.terms, vector.weights).enumerated().map { place, component in
                    (component.0, component.1 * (place % 3 == 0 ? -sign : sign))
                }
                let query = Query(numbers: Dictionary(uniqueKeysWithValues: weights))
                let result = try blocks.store.search(query, limit: 10, recall: .plainSeismic(cut: 8, heapFactor: 0.8))
                let truth = try blocks.store.search(query, limit: 4_200, recall: .exact)
                let scores = Dictionary(uniqueKeysWithValues: truth.map { ($0.id, $0.score) })
                #expect(!result.hits.isEmpty)
                #expect(result.allSatisfy { scores[$0.id] == $0.score })
            }
        }
    }

    /// Products of floats can overflow, and vanish.
    @Test func `weights of any size are searched with, or refused`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            for number in 0..<40 {
                let weights: [Float] = [1e15, 1e-15, 1, Float(number + 1)]
                try transaction.upsert(
                    Document(id: "\(number)", vector: SparseVector(terms: [1, 2, 3, 4], weights: weights)))
            }
        }
        try store.buildBlocks(BlockCollection.unpruned)
        func found(_ table: [Float], _ weight: Float, _ recall: Recall) throws -> Bool? {
            var options = SearchOptions()
            options.recall = recall
            options.weighting = .table(try WeightTable(table))
            let weights = [Float](repeating: weight, count: 4)
            do {
                let query = Query(vector: try SparseVector(terms: [1, 2, 3, 4], weights: weights))
                let hits = try store.search(query, options: options).hits
                return hits.count == 10 && hits.allSatisfy { $0.score.isFinite && $0.score > 0 }
            } catch let error as SparseStoreError where error.code == .invalidArgument { return nil }
        }
        for recall in [Recall.exact, .fast, .plainSeismic(cut: 4, heapFactor: 0.9)] {
            for weight: Float in [1, 1e15, 1e-15] {
                for table: [Float] in [
                    [0, 1, 1, 1, 1], [0, 1_000, 1e-7, 0, 0], [0, 0, 1e-7, 0, 0], [0, 0, 1, 0, 0],
                ] {
                    #expect(try found(table, weight, recall) == true)
                }
            }
            #expect(try found([0, 3e38, 1, 1, 1], 1, recall) == nil)
            #expect(try found([0, 3e38, 3e38, 3e38, 3e38], 1e15, recall) == nil)
            #expect(try found([0, 0, .leastNonzeroMagnitude, 0, 0], 1, recall) == nil)
        }
    }

    @Test func `a deadline that has passed ends a search`() throws {
        var blocks = try BlockCollection()
        var options = SearchOptions()
        options.recall = .plainSeismic(cut: 8, heapFactor: 0.9)
        options.deadline = .now
        let query = Query(vector: try blocks.collection.query())
        let error = #expect(throws: SparseStoreError.self) { try blocks.store.search(query, options: options) }
        #expect(error?.code == .deadlineExceeded)
    }

    @Test func `documents without exact vectors beside their lists are found in the same way`() throws {
        var blocks = try BlockCollection(building: BlockCollection.unpruned) { $0.profile = .compact }
        try blocks.remove(blocks.collection.ids.filter { $0.hasSuffix("3") })
        for _ in 0..<3 {
            let query = try blocks.collection.query()
            #expect(try same(blocks.searchAll(query, limit: 10).hits, blocks.model().search(query, limit: 10)))
        }
        #expect(try blocks.store.verify(.deep).isClean)
    }
}

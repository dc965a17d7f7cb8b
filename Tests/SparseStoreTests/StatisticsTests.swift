import Testing

@testable import SparseStore

@Suite struct StatisticsTests {
    @Test func `changes are summed up right in whatever pieces`() {
        for most in [1, 7, 50, 10_000] {
            var generator = SeededGenerator(seed: UInt64(most))
            var changes = FrequencyChanges(most: most)
            var expected: [TermID: Int64] = [:]
            for _ in 0..<60 {
                let terms = Set((0..<8).map { _ in TermID.random(in: 0..<40, using: &generator) * 1_000 }).sorted()
                if Bool.random(using: &generator) {
                    changes.add(terms)
                    for term in terms { expected[term, default: 0] += 1 }
                } else {
                    for term in terms { changes.remove(term) }
                    for term in terms { expected[term, default: 0] -= 1 }
                }
            }
            let ascending = changes.ascending()
            #expect(ascending.map(\.term) == expected.filter { $0.value != 0 }.keys.sorted())
            #expect(ascending.allSatisfy { expected[$0.term] == $0.change })
        }
    }

    @Test func `a large commit may take back what an earlier one has left in a delta`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { try $0.upsert(Document(id: "early", vector: SparseVector(terms: [7, 9], weights: [1, 1]))) }
        let many = (0..<TermID(StatisticsTable.foldAtOnce + 1)).map { $0 + 8 }
        try store.write { transaction in
            try transaction.remove("early")
            for part in stride(from: 0, to: many.count, by: 1_000) {
                let terms = Array(many[part..<min(many.count, part + 1_000)])
                let vector = try SparseVector(terms: terms, weights: terms.map { _ in 1 })
                try transaction.upsert(Document(id: "\(part)", vector: vector))
            }
        }
        let frequencies = try store.read { [try $0.documentFrequency(of: 7), try $0.documentFrequency(of: 9)] }
        #expect(frequencies == [0, 1])
    }

    /// Document frequencies, counts and answers after random histories equal those recomputed from the documents.
    @Test(arguments: [UInt64(11), 12, 13, 14])
    func `statistics are exact at every commit of a random history`(seed: UInt64) throws {
        let temporary = try TemporaryStore()
        var store = try temporary.open()
        var vectors = RandomVectors(seed: seed)
        vectors.termSpace = 2_500
        var model = BruteForce()
        for step in 0..<160 {
            let ids = model.documents.keys.sorted().map(\.text)
            let committed = model
            do {
                try store.write { transaction in
                    for _ in 0..<Int.random(in: 1...12, using: &vectors.generator) {
                        let action = Int.random(in: 0..<10, using: &vectors.generator)
                        if action < 3, let id = ids.randomElement(using: &vectors.generator) {
                            #expect(
                                try transaction.remove(id) == (model.documents.removeValue(forKey: TextKey(id)) != nil))
                        } else {
                            let number = Int.random(in: 0..<400, using: &vectors.generator)
                            let vector = try vectors.next()
                            try transaction.upsert(Document(id: "d\(number)", vector: vector))
                            model.documents["d\(number)"] = vector
                        }
                    }
                    if step % 17 == 5 { throw Cancelled() }
                }
            } catch is Cancelled {
                model = committed
            }
            if step % 40 == 39 {
                store.close()
                store = try temporary.open()
            }
            try compare(store, model, vectors.next(), "seed \(seed), step \(step)")
        }
    }

    private struct Cancelled: Error {}

    private func compare(_ store: Store, _ model: BruteForce, _ query: SparseVector, _ place: Comment) throws {
        try store.read { snapshot in
            #expect(snapshot.count == model.documents.count, place)
            var frequencies: [TermID: Int] = [:]
            try snapshot.forEachTerm { frequencies[$0] = $1 }
            #expect(frequencies == model.documentFrequencies(), place)
            let found = try snapshot.search(Query(vector: query)).map(\.id)
            #expect(found == model.search(query, limit: 10).map(\.id), place)
        }
        let statistics = try store.statistics()
        #expect(statistics.nonzeros == model.documents.values.reduce(0) { $0 + $1.count }, place)
        #expect(statistics.segments.reduce(0) { $0 + $1.documents - $1.tombstones } == model.documents.count, place)
    }

    @Test func `the last page of frequencies ends with the last term`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            // So many terms that the commit folds its frequencies into pages at once.
            let terms = Array(0..<TermID(5_000)) + [.max - 20, .max - 1, .max]
            let vector = try SparseVector(terms: terms, weights: terms.map { _ in 1 })
            try transaction.upsert(Document(id: "wide", vector: vector))
        }
        #expect(try store.statistics().terms == 5_003)
        #expect(try store.read { try $0.documentFrequency(of: .max) } == 1)
        #expect(try store.verify(.deep).isClean)
    }

    @Test func `corpus IDF follows the live documents`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            try transaction.upsert(Document(id: "both", terms: ["common": 1, "rare": 1]))
            for index in 0..<9 { try transaction.upsert(Document(id: "c\(index)", terms: ["common": 1])) }
        }
        var options = SearchOptions()
        options.weighting = .corpusIDF
        options.limit = 1
        let hit = try #require(try store.search(["rare": 1, "common": 1], options: options).first)
        // ln(1 + (10 - 1 + .5) / 1.5) + ln(1 + (10 - 10 + .5) / 10.5)
        #expect(abs(hit.score - 2.038_95) < 1e-4)
        try store.write { try $0.remove("both") }
        let after = try #require(try store.search(["common": 1], options: options).first)
        #expect(abs(after.score - 0.051_29) < 1e-4)
    }

    @Test func `a static table weighs the query and drops terms it does not have`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        let vector = try SparseVector(terms: [0, 1, 5], weights: [1, 1, 1])
        try store.write { try $0.upsert(Document(id: "d", vector: vector)) }
        var options = SearchOptions()
        options.weighting = .table(try WeightTable([2, 0.5]))
        #expect(try store.search(Query(vector: vector), options: options).map(\.score) == [2.5])
    }

    @Test func `a table by name weighs the terms of a store of strings, by their bytes, and feedback uses it`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
        try store.write {
            try $0.upsert(Document(id: "d", terms: ["none": 1, composed: 1, decomposed: 1, "z": 1]))
        }
        var options = SearchOptions()
        options.weighting = .table(
            try WeightTable(terms: [
                WeightedTerm(composed, 2), WeightedTerm(decomposed, 0.5), WeightedTerm("z", 0),
            ]))
        let query = Query(terms: ["none": 1, composed: 1, decomposed: 4, "z": 1])
        #expect(try store.search(query, options: options).map(\.score) == [4])
        let stages = [SearchStage.feedback(Feedback(.best(1), terms: 5, weight: 1))]
        let fed = try store.search(query, options: options, stages: stages)
        #expect(fed.stages.last?.counters["terms"] == 2)
    }

    @Test func `a table of the other kind than the store's terms is refused`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { try $0.upsert(Document(id: "d", terms: ["a": 1])) }
        var options = SearchOptions()
        options.weighting = .table(try WeightTable([2, 0.5]))
        let strings = #expect(throws: SparseStoreError.self) { try store.search(["a": 1], options: options) }
        #expect(strings?.code == .termSpaceMismatch)
        let other = try TemporaryStore()
        let numbers = try other.open()
        let vector = try SparseVector(terms: [0], weights: [1])
        try numbers.write { try $0.upsert(Document(id: "d", vector: vector)) }
        options.weighting = .table(try WeightTable(terms: [WeightedTerm("0", 1)]))
        let names = #expect(throws: SparseStoreError.self) {
            try numbers.search(Query(vector: vector), options: options)
        }
        #expect(names?.code == .termSpaceMismatch)
        for bad in [Float.nan, -1, .infinity] {
            #expect(throws: SparseStoreError.self) { try WeightTable(terms: [WeightedTerm("a", bad)]) }
        }
        let twice = #expect(throws: SparseStoreError.self) {
            try WeightTable(terms: [WeightedTerm("a", 1), WeightedTerm("a", 1)])
        }
        #expect(twice?.message.contains("'a'") == true)
    }
}

import Foundation
import SparseStore
import SystemPackage
import Testing

/// A store that scores by BM25 with live statistics, beside sums over all documents.
@Suite struct BM25ScoringTests {
    private static let encoder = EncoderDescription(
        name: "test", fingerprint: 7, parameters: "none", scoring: .bm25(k1: 0.9, b: 0.4))

    /// Counts by document and term, and what BM25 makes of them in double precision.
    private struct Model {
        var documents: [String: [String: Int]] = [:]

        func scores(_ query: [String: Float]) -> [String: Double] {
            let count = Double(documents.count)
            let average = documents.values.reduce(0) { $0 + Double($1.values.reduce(0, +)) } / count
            var scores: [String: Double] = [:]
            for (term, weight) in query {
                let frequency = Double(documents.values.count { $0[term] != nil })
                let idf = (1 + (count - frequency + 0.5) / (frequency + 0.5))
                for (id, counts) in documents {
                    guard let occurrences = counts[term].map(Double.init) else { continue }
                    let length = Double(counts.values.reduce(0, +))
                    let impact = occurrences * 1.9 / (occurrences + 0.9 * (0.6 + 0.4 * length / average))
                    scores[id, default: 0] += Double(weight) * log(idf) * impact
                }
            }
            return scores
        }
    }

    private func counts(_ random: inout SeededGenerator, words: Int) -> [String: Int] {
        var counts: [String: Int] = [:]
        for _ in 0..<words {
            // Few terms are frequent, most are rare.
            let draw = Int.random(in: 0..<100, using: &random)
            counts["t\(draw * Int.random(in: 0..<100, using: &random) / 40)", default: 0] += 1
        }
        return counts
    }

    private func document(_ id: String, _ counts: [String: Int], tags: [String] = []) -> Document {
        Document(id: id, terms: counts.mapValues(Float.init), tags: tags)
    }

    private func expect(
        _ store: Store, _ model: Model, _ query: [String: Float], limit: Int = 10, _ comment: Comment
    ) throws {
        var options = SearchOptions()
        options.limit = limit
        options.recall = .exact
        options.weighting = .corpusIDF
        let hits = try store.search(Query(terms: query), options: options)
        let scores = model.scores(query)
        let best = scores.values.sorted(by: >).prefix(limit)
        #expect(hits.count == best.count, comment)
        for (hit, expected) in zip(hits, best) {
            #expect(abs(Double(hit.score) - expected) <= 1e-4 * max(1, expected), comment)
            #expect(abs(scores[hit.id, default: 0] - expected) <= 1e-4 * max(1, expected), comment)
        }
    }

    @Test(arguments: [IndexProfile.fast, .compact])
    func `exact search is exact after any history`(profile: IndexProfile) throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open {
            $0.profile = profile
            $0.maintenance = .manual
        }
        var random = SeededGenerator(seed: 5)
        var model = Model()
        try store.write { try $0.setEncoder(Self.encoder) }
        for batch in 0..<24 {
            // Lengths drift up and down again, so that segments are laid out at very different averages.
            let words = batch < 12 ? 5 + 8 * batch : 5 + 8 * (24 - batch)
            try store.write { transaction in
                for _ in 0..<Int.random(in: 1...150, using: &random) {
                    let id = "d\(Int.random(in: 0..<1_500, using: &random))"
                    if Int.random(in: 0..<4, using: &random) == 0 {
                        try transaction.remove(id)
                        model.documents[id] = nil
                    } else {
                        let made = counts(&random, words: Int.random(in: 1...2 * words, using: &random))
                        try transaction.upsert(document(id, made))
                        model.documents[id] = made
                    }
                }
            }
            if batch % 7 == 6 { try store.maintain() }
            for limit in [1, 10, 60] {
                let query = counts(&random, words: 6).mapValues(Float.init)
                try expect(store, model, query, limit: limit, "batch \(batch), limit \(limit)")
            }
        }
        try store.optimize()
        try expect(store, model, ["t0": 1, "t3": 2, "t17": 1], "after optimize")
        let report = try store.verify(.deep)
        #expect(report.isClean, "\(report)")
    }

    @Test func `contributions add up to the score`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            try transaction.setEncoder(Self.encoder)
            try transaction.upsert(document("a", ["x": 2, "y": 1]))
            try transaction.upsert(document("b", ["x": 1, "z": 5]))
        }
        var options = SearchOptions()
        options.includesContributions = true
        let hit = try #require(store.search(["x": 1, "y": 3], options: options).first)
        let sum = hit.contributions.reduce(Float(0)) { $0 + $1.queryWeight * $1.documentWeight }
        #expect(abs(hit.score - sum) < 1e-5)
    }

    @Test func `a filter leaves the scores as they are`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            try transaction.setEncoder(Self.encoder)
            for number in 0..<300 {
                try transaction.upsert(
                    document(
                        "\(number)", ["x": 1 + number % 5, "y": 1 + number % 3], tags: number % 50 == 0 ? ["few"] : []))
            }
        }
        var options = SearchOptions()
        options.limit = 300
        options.recall = .exact
        let all = try store.search(["x": 1], options: options)
        options.filter = .tag("few")
        let few = try store.search(["x": 1], options: options)
        let scores = Dictionary(uniqueKeysWithValues: all.map { ($0.id, $0.score) })
        #expect(few.count == 6)
        for hit in few { #expect(scores[hit.id] == hit.score) }
    }

    @Test func `weights that are no counts are refused and nothing is lost`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { try $0.setEncoder(Self.encoder) }
        let error = #expect(throws: SparseStoreError.self) {
            try store.write { try $0.upsert(Document(id: "a", terms: ["x": 1.5])) }
        }
        #expect(error?.code == .invalidVector)
        try store.write { transaction in
            #expect(throws: SparseStoreError.self) { try transaction.upsert(Document(id: "a", terms: ["x": 0.5])) }
            #expect(throws: SparseStoreError.self) { try transaction.upsert(Document(id: "a", terms: ["x": 2e7])) }
            try transaction.upsert(Document(id: "b", terms: ["x": 2]))
        }
        #expect(try store.read { $0.count } == 1)
        #expect(try store.verify(.deep).isClean)
    }

    @Test func `another encoder is refused with both names`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            try transaction.setEncoder(Self.encoder)
            try transaction.upsert(document("a", ["x": 1]))
        }
        try store.write { try $0.setEncoder(Self.encoder) }
        var other = Self.encoder
        other.fingerprint = 8
        let error = #expect(throws: SparseStoreError.self) { try store.write { try $0.setEncoder(other) } }
        #expect(error?.code == .encoderMismatch)
        #expect(error?.message.contains("0000000000000007") == true)
        #expect(error?.message.contains("0000000000000008") == true)
        #expect(try store.read { $0.encoder } == Self.encoder)
    }

    @Test func `an empty store takes another encoder`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { try $0.setEncoder(Self.encoder) }
        let other = EncoderDescription(name: "other", fingerprint: 1)
        try store.write { try $0.setEncoder(other) }
        #expect(try store.read { $0.encoder } == other)
    }

    @Test func `BM25 is refused where documents are already`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { try $0.upsert(Document(id: "a", terms: ["x": 1])) }
        let error = #expect(throws: SparseStoreError.self) { try store.write { try $0.setEncoder(Self.encoder) } }
        #expect(error?.code == .invalidArgument)
        // An encoder of inner products may be named later.
        try store.write { try $0.setEncoder(EncoderDescription(name: "splade", fingerprint: 3)) }
        #expect(try store.read { $0.encoder?.name } == "splade")
    }

    @Test(arguments: [(Float(-1), Float(0.4)), (1, 1.5), (.nan, 0.5), (2_000, 0.5)])
    func `parameters outside their ranges are refused`(k1: Float, b: Float) throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        var encoder = Self.encoder
        encoder.scoring = .bm25(k1: k1, b: b)
        #expect(throws: SparseStoreError.self) { try store.write { try $0.setEncoder(encoder) } }
        #expect(try store.read { $0.encoder } == nil)
    }

    @Test func `a block index is refused`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            try transaction.setEncoder(Self.encoder)
            try transaction.upsert(document("a", ["x": 1]))
        }
        let error = #expect(throws: SparseStoreError.self) { try store.buildBlocks() }
        #expect(error?.code == .invalidArgument)
    }

    @Test func `a repaired store scores as before`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            try transaction.setEncoder(Self.encoder)
            for number in 0..<40 {
                try transaction.upsert(document("\(number)", ["x": 1 + number % 7, "y\(number)": 3]))
            }
        }
        let before = try store.search(["x": 1], limit: 40, recall: .exact)
        let path = store.path
        store.close()
        let copy = FilePath(path.string + "-repaired")
        _ = try Store.repair(path, to: copy)
        let repaired = try Store.open(at: copy)
        defer { repaired.close() }
        #expect(try repaired.read { $0.encoder } == Self.encoder)
        let after = try repaired.search(["x": 1], limit: 40, recall: .exact)
        #expect(after.map(\.id) == before.map(\.id))
        #expect(after.map(\.score) == before.map(\.score))
    }
}

import SparseFormat
import Testing

@testable import SparseStore

/// MaxSim as a second stage: order, pruning, early exit, and what is said of them.
@Suite struct MaxSimTests {
    /// Documents d0, d1, ... whose first-stage scores fall; each has one token vector (x, 1), or none.
    private func store(_ first: [Float], _ second: [Float?]) throws -> (TemporaryStore, Store) {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            for (index, (weight, x)) in zip(first, second).enumerated() {
                let multivector = try x.map { try Multivector([[$0, 1], [-9, 0]]) }
                try transaction.upsert(Document(id: "d\(index)", terms: ["t": weight], multivector: multivector))
            }
        }
        return (temporary, store)
    }

    private let query = (try? Multivector([[1, 0]])) ?? nil

    private func search(
        _ store: Store, limit: Int, candidates: Int = 50, alpha: Float? = nil, beta: Int? = nil
    ) throws -> (ids: [String], report: StageReport, result: SearchResult) {
        let result = try store.search(
            ["t": 1], limit: limit, candidates: candidates,
            rerankedBy: .maxSim(try #require(query), alpha: alpha, beta: beta), recall: .exact)
        return (result.map(\.id), try #require(result.stages.last), result)
    }

    @Test func `candidates are ranked by MaxSim, those without a multivector behind in the first stage's order`() throws
    {
        let (temporary, store) = try store([9, 8, 7, 6, 5], [1, nil, 3, nil, 2])
        let (ids, report, result) = try search(store, limit: 5)
        #expect(ids == ["d2", "d4", "d0", "d1", "d3"])
        #expect(result.hits[0].score == 3)
        #expect(report.name == "maxsim")
        #expect(report.candidates == 5)
        #expect(report.scored == 3)
        #expect(report.counters["without_multivector"] == 2)
        #expect(report.counters["tokens"] == 6 && report.counters["bytes"] == 24)
        // Fewer candidates than are wanted: all are there.
        #expect(try search(store, limit: 50).ids.count == 5)
        // Those behind the candidates stay behind.
        #expect(try search(store, limit: 5, candidates: 2).ids == ["d0", "d1", "d2", "d3", "d4"])
        _ = temporary
    }

    @Test func `pruning leaves out what scored less than 1 - alpha times the last of the first`() throws {
        // The third scored 10: with alpha 0.2 everything under 8 is left out, 8 itself is not.
        let (temporary, store) = try store([12, 11, 10, 8, 7.9, 5], [1, 2, 3, 4, 5, 6])
        #expect(try search(store, limit: 3).ids == ["d5", "d4", "d3"])
        let (ids, report, _) = try search(store, limit: 3, alpha: 0.2)
        #expect(ids == ["d3", "d2", "d1"])
        #expect(report.scored == 4 && report.counters["pruned"] == 2)
        #expect(try search(store, limit: 3, alpha: 0).report.scored == 3)
        #expect(try search(store, limit: 3, alpha: 1).report.scored == 6)
        #expect(try search(store, limit: 6, alpha: 0.01).ids.count == 6)
        _ = temporary
    }

    @Test func `early exit ends after beta candidates in a row that do not come among the best`() throws {
        let (temporary, store) = try store([9, 8, 7, 6, 5, 4, 3, 2], [5, 4, 3, 6, 1, 2, 9, 8])
        // The first two, then 3 (stall), 6 (in), 1 and 2 (stalls).
        let (ids, report, _) = try search(store, limit: 2, beta: 2)
        #expect(ids == ["d3", "d0"])
        #expect(report.scored == 6 && report.counters["left"] == 2)
        #expect(try search(store, limit: 2, beta: 1).report.scored == 3)
        #expect(try search(store, limit: 2, beta: 3).ids == ["d6", "d7"])
        // The first `limit` are scored whatever they are, and fewer candidates than that still answer.
        #expect(try search(store, limit: 8, beta: 1).report.scored == 8)
        #expect(try search(store, limit: 20, beta: 1).ids.count == 8)
        _ = temporary
    }

    @Test func `what is left out never changes who is in the answer when bounds are wide`() throws {
        var generator = SplitMix64(seed: 11)
        let first = (0..<60).map { Float(100 - $0) }
        let second = first.map { _ in Optional(Float.random(in: 0...1, using: &generator)) }
        let (temporary, store) = try store(first, second)
        let all = try search(store, limit: 10, candidates: 60).ids
        #expect(try search(store, limit: 10, candidates: 60, alpha: 1, beta: 60).ids == all)
        // Tighter bounds score fewer, and the answer is the best of those that were scored.
        var scored = 61
        for beta in [40, 8, 4, 1] {
            let (ids, report, _) = try search(store, limit: 10, candidates: 60, beta: beta)
            #expect(report.scored <= scored)
            #expect(ids.count == 10)
            scored = report.scored
            let best = (0..<scored).sorted { (second[$0] ?? 0) > (second[$1] ?? 0) }.prefix(10).map { "d\($0)" }
            #expect(ids == best)
        }
        _ = temporary
    }

    @Test func `a query that no store takes is refused`() throws {
        let (temporary, store) = try store([2, 1], [1, 2])
        func code(_ reranker: MaxSim) -> SparseStoreError.Code? {
            do {
                _ = try store.search(["t": 1], rerankedBy: reranker)
                return nil
            } catch {
                return (error as? SparseStoreError)?.code
            }
        }
        let query = try #require(query)
        #expect(code(.maxSim(query)) == nil)
        let wide = try Multivector([[1, 0, 0]])
        #expect(code(.maxSim(wide)) == .dimensionMismatch)
        let long = try Multivector(dimension: 2, components: Array(repeating: 1, count: 2 * 513))
        #expect(code(.maxSim(long)) == .limitExceeded)
        let most = try Multivector(dimension: 2, components: Array(repeating: 1, count: 2 * 512))
        #expect(code(.maxSim(most)) == nil)
        #expect(code(.maxSim(query, alpha: 1.5)) == .invalidArgument)
        #expect(code(.maxSim(query, alpha: .nan)) == .invalidArgument)
        #expect(code(.maxSim(query, beta: 0)) == .invalidArgument)
        _ = temporary
    }

    @Test func `a reranker of the caller's sees the stored token vectors`() throws {
        let (temporary, store) = try store([2, 1], [1, nil])
        let reranker = ScoringReranker("count") { candidate in
            try candidate.multivector().map { Float($0.count) } ?? 7
        }
        let result = try store.search(["t": 1], rerankedBy: reranker)
        #expect(result.map(\.score) == [7, 2])
        _ = temporary
    }
}

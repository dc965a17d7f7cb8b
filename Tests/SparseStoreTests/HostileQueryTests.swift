import SparseStore
import Testing

/// Queries and filters that no honest caller sends: a typed error, in bounded memory and time.
@Suite struct HostileQueryTests {
    private func code(_ body: () throws -> some Any) -> SparseStoreError.Code? {
        do {
            _ = try body()
            return nil
        } catch { return (error as? SparseStoreError)?.code }
    }

    @Test func `a query has as many terms as the limit says and no more`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { try $0.upsert(Document(id: "d", terms: ["w1": 2])) }
        let terms = (0..<Limits.maximumQueryTerms).map { WeightedTerm("w\($0)", 1) }
        #expect(try store.search(Query(terms: terms), recall: .exact).first?.score == 2)
        let more = Query(terms: terms + [WeightedTerm("more", 1)])
        #expect(code { try store.search(more) } == .limitExceeded)
        #expect(code { try store.scores(more, of: ["d"]) } == .limitExceeded)
    }

    @Test func `a multivector query has as many tokens as the limit says and no more`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        let vectors = try Multivector(dimension: 1, components: [1])
        try store.write { try $0.upsert(Document(id: "d", terms: ["t": 1], multivector: vectors)) }
        func search(_ tokens: Int) throws -> SearchResult {
            let query = try Multivector(dimension: 1, components: [Float](repeating: 1, count: tokens))
            return try store.search(["t": 1], rerankedBy: MaxSim(query))
        }
        #expect(try search(Limits.maximumQueryTokens).first?.score == Float(Limits.maximumQueryTokens))
        #expect(code { try search(Limits.maximumQueryTokens + 1) } == .limitExceeded)
    }

    @Test func `numbers that are none are refused`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        for value in [Double.nan, .infinity, -0.1, 1.1] {
            #expect(code { try store.search(["t": 1], recall: .target(value)) } == .invalidArgument, "\(value)")
        }
        for value in [Float.nan, .infinity, -.infinity] {
            var options = SearchOptions()
            options.minimumScore = value
            #expect(code { try store.search(["t": 1], options: options) } == .invalidArgument, "\(value)")
        }
        #expect(code { try store.search(["t": .infinity]) } == .invalidVector)
        for candidates in [0, -1, Int.max] {
            let stages = [SearchStage.feedback(), .fuse(ExternalRanking(ids: []), candidates: candidates)]
            #expect(code { try store.search(["t": 1], options: SearchOptions(), stages: stages) } == .invalidArgument)
        }
    }

    @Test func `a filter nested 100,000 deep, and one of a million identifiers, are refused`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        func refuse(_ filter: Filter) {
            var options = SearchOptions()
            options.filter = filter
            #expect(code { try store.search(["t": 1], options: options) } == .limitExceeded)
        }
        var deep = Filter.tag("even")
        for _ in 0..<100_000 { deep = .not(deep) }
        refuse(deep)
        // Taken apart from outside: letting go of all of it at once is a recursion of the caller's.
        while case .not(let inner) = deep { deep = inner }
        refuse(.ids((0..<1_000_000).map { "id\($0)" }))
        refuse(.all([Filter](repeating: .tag("even"), count: 1_000_000)))
    }

    @Test func `bookmarks are held to their limits on both sides`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        func set(_ name: Int, _ bytes: Int) -> SparseStoreError.Code? {
            code {
                try store.write {
                    try $0.setBookmark(String(repeating: "n", count: name), to: [UInt8](repeating: 1, count: bytes))
                }
            }
        }
        #expect(set(200, Limits.maximumBookmarkBytes) == nil)
        #expect(set(201, 1) == .invalidArgument)
        #expect(set(0, 1) == .invalidArgument)
        #expect(set(1, Limits.maximumBookmarkBytes + 1) == .limitExceeded)
    }

    @Test func `a payload over the limit is refused`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        let payload = [UInt8](repeating: 0, count: Limits.maximumPayloadBytes)
        try store.write { try $0.upsert(Document(id: "most", terms: ["t": 1], payload: payload)) }
        #expect(
            code { try store.write { try $0.upsert(Document(id: "more", terms: ["t": 1], payload: payload + [0])) } }
                == .limitExceeded)
    }
}

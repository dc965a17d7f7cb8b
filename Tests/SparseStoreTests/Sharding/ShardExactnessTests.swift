import Foundation
import SparseFormat
import Testing

@testable import SparseStore

/// Shards beside one store with all of their documents.
@Suite struct ShardExactnessTests {
    /// What the documents of a collection are made of.
    enum Kind: CaseIterable, Sendable {
        case numbers, strings, counts
    }

    @Test(arguments: Kind.allCases, 1...8)
    func `exact answers of shards equal those of one store bit for bit`(kind: Kind, count: Int) throws {
        let pair = try ShardedPair(kind, shards: count, seed: UInt64(count) * 17 + 3)
        for round in 0..<24 {
            let (query, options) = try pair.ask(round)
            let expected = try pair.one.search(query, options: options)
            let found = try pair.sharded.search(query, options: options)
            try expectEqual(found, expected, "round \(round)")
        }
    }

    @Test(arguments: Kind.allCases)
    func `pages of shards joined equal one long answer of one store`(kind: Kind) throws {
        let pair = try ShardedPair(kind, shards: 3, seed: 5)
        for round in 0..<12 {
            var (query, options) = try pair.ask(round)
            options.offset = 0
            options.limit = 1_000
            let whole = try pair.one.search(query, options: options)
            options.limit = 7
            var pages: [Hit] = []
            repeat {
                let page = try pair.sharded.search(query, options: options)
                pages += page.hits
                options.after = page.cursor
            } while options.after != nil
            #expect(pages.map(\.id) == whole.map(\.id), "round \(round)")
            #expect(pages.map(\.score.bitPattern) == whole.map(\.score.bitPattern), "round \(round)")
        }
    }

    @Test func `shards that were filled apart number terms otherwise and answer alike`() throws {
        let pair = try ShardedPair(.strings, shards: 4, seed: 11, isSplitByOrder: true)
        for round in 0..<40 {
            let (query, options) = try pair.ask(round)
            let expected = try pair.one.search(query, options: options)
            let found = try pair.sharded.search(query, options: options)
            try expectEqual(found, expected, "round \(round)")
        }
    }

    @Test(arguments: Kind.allCases)
    func `stages of shards rank as those of one store`(kind: Kind) throws {
        for isSplitByOrder in [false, true] where kind != .counts || !isSplitByOrder {
            let pair = try ShardedPair(kind, shards: 3, seed: 23, isSplitByOrder: isSplitByOrder)
            for round in 0..<12 {
                var (query, options) = try pair.ask(round)
                options.grouping = nil
                let others = ["p3#9", "p1#4", "nobody", "p2#1"] + Array(pair.ids.prefix(5))
                let stages: [SearchStage] = [
                    .feedback(Feedback(.best(4), terms: 9, interpolation: .weightedSum(.minMax, weight: 0.4))),
                    .fuse(ExternalRanking(ids: others), candidates: 30),
                    .rerank(
                        .scoring { candidate in
                            var sum: Float = 0
                            try candidate.forEachComponent { _, weight in sum += (weight * 64).rounded() }
                            return sum
                        }, candidates: 9),
                ]
                let expected = try pair.one.read { try $0.search(query, options: options, stages: stages) }
                let found = try pair.sharded.search(query, options: options, stages: stages)
                try expectEqual(found, expected, "round \(round)")
            }
        }
    }

    private func expectEqual(_ found: SearchResult, _ expected: SearchResult, _ comment: Comment) throws {
        #expect(found.map(\.id) == expected.map(\.id), comment)
        #expect(found.map(\.score.bitPattern) == expected.map(\.score.bitPattern), comment)
        #expect(found.map(\.group) == expected.map(\.group), comment)
        #expect(found.map(\.payload) == expected.map(\.payload), comment)
        #expect(found.map(\.tags) == expected.map(\.tags), comment)
        #expect(found.map(\.stageScores) == expected.map(\.stageScores), comment)
        #expect(found.map { Set($0.contributions) } == expected.map { Set($0.contributions) }, comment)
        #expect(found.matches == expected.matches, comment)
        #expect(found.isExact, comment)
    }
}

/// Random documents for shards.
struct ShardedDocuments {
    let kind: ShardExactnessTests.Kind
    var vectors: RandomVectors
    private(set) var ids: [String] = []

    init(_ kind: ShardExactnessTests.Kind, seed: UInt64) {
        self.kind = kind
        vectors = RandomVectors(seed: seed)
        vectors.termSpace = 200
        vectors.terms = 4...20
    }

    /// A document of a random group.
    mutating func document(_ number: Int) throws -> Document {
        let vector = try vectors.next()
        let id = "p\(Int.random(in: 0..<60, using: &vectors.generator))#\(number)"
        ids.append(id)
        let tags = ["half", "rare"].filter { tag in
            Int.random(in: 0..<(tag == "half" ? 2 : 30), using: &vectors.generator) == 0
        }
        let payload = Array("payload of \(id)".utf8)
        switch kind {
        case .numbers: return Document(id: id, vector: vector, payload: payload, tags: tags)
        case .strings, .counts:
            let terms = zip(vector.terms, vector.weights).map { term, weight in
                WeightedTerm("t\(term)", kind == .counts ? (weight * 3).rounded(.up) : weight)
            }
            return Document(
                id: id, terms: terms.shuffled(using: &vectors.generator), payload: payload, tags: tags)
        }
    }
}

/// Shards and one store with the same random documents.
final class ShardedPair {
    let one: Store
    let sharded: ShardedStore
    private var source: ShardedDocuments
    private let temporary: TemporaryStore

    var ids: [String] { source.ids }
    private var kind: ShardExactnessTests.Kind { source.kind }
    private var vectors: RandomVectors {
        get { source.vectors }
        set { source.vectors = newValue }
    }

    /// - Parameters:
    ///   - count: how many shards.
    ///   - isSplitByOrder: whether the shards are filled apart, each with a run of the documents.
    init(
        _ kind: ShardExactnessTests.Kind, shards count: Int, seed: UInt64, documents: Int = 600,
        isSplitByOrder: Bool = false
    ) throws {
        var source = ShardedDocuments(kind, seed: seed)
        temporary = try TemporaryStore()
        var configuration = Configuration()
        configuration.maintenance = .manual
        configuration.durability = .lastCommitsMayBeLost
        configuration.profile = seed.isMultiple(of: 2) ? .compact : .fast
        one = try Store.open(at: temporary.path, configuration: configuration)
        let folder = temporary.directory
        let paths = (0..<count).map { folder.appendingPathComponent("\($0).sparse").path }
        let encoder = EncoderDescription(
            name: "counts", fingerprint: 7, parameters: "none", scoring: .bm25(k1: 0.9, b: 0.4))
        if kind == .counts { try one.write { try $0.setEncoder(encoder) } }
        guard !isSplitByOrder else {
            for (number, path) in paths.enumerated() {
                let store = try Store.open(at: path, configuration: configuration)
                var batch: [Document] = []
                for place in 0..<documents / count {
                    batch.append(try source.document(number * documents / count + place))
                }
                try one.write { for document in batch { try $0.upsert(document) } }
                try store.write { for document in batch { try $0.upsert(document) } }
                store.close()
            }
            sharded = try ShardedStore(at: paths.map { .init($0) }, configuration: configuration)
            self.source = source
            return
        }
        sharded = try ShardedStore(at: paths.map { .init($0) }, configuration: configuration)
        if kind == .counts { try sharded.setEncoder(encoder) }
        var next = 0
        while next < documents {
            let size = [1, 30, 200].randomElement(using: &source.vectors.generator) ?? 30
            let batch = try (0..<size).map { _ in
                next += 1
                return try source.document(next)
            }
            let removed = Array(source.ids.shuffled(using: &source.vectors.generator).prefix(size / 10))
            try one.write { for document in batch { try $0.upsert(document) } }
            try one.write { for id in removed { try $0.remove(id) } }
            try sharded.upsert(batch)
            try sharded.remove(removed)
        }
        self.source = source
    }

    /// A question whose parts are drawn at random.
    func ask(_ round: Int) throws -> (Query, SearchOptions) {
        let vector = try vectors.next()
        let isSigned = round % 5 == 4
        let weights = vector.weights.map { weight in
            isSigned && Int.random(in: 0..<3, using: &vectors.generator) == 0 ? -weight : weight
        }
        var query =
            kind == .numbers
            ? Query(numbers: Dictionary(uniqueKeysWithValues: zip(vector.terms, weights)))
            : Query(terms: zip(vector.terms, weights).map { WeightedTerm("t\($0)", $1) } + [WeightedTerm("absent", 1)])
        if round % 6 == 5 { (query.like, query.unlike) = (Array(ids.suffix(2)), Array(ids.suffix(3).prefix(1))) }
        query.like = try query.like.filter { try one.contains($0) }
        query.unlike = try query.unlike.filter { try one.contains($0) }
        let filters: [Filter?] = [nil, nil, .tag("half"), .tag("rare"), !.tag("half"), .ids(Array(ids.prefix(60)))]
        let weightings: [Weighting] = [.none, .corpusIDF, .corpusIDF, .corpusIDF(over: .tag("half"))]
        let groupings: [Grouping?] = [nil, .byIDPrefix(upTo: "#", best: 1), .byIDPrefix(upTo: "#", best: 3)]
        return (
            query,
            SearchOptions(
                limit: [1, 10, 45].randomElement(using: &vectors.generator) ?? 10, recall: .exact,
                weighting: weightings.randomElement(using: &vectors.generator) ?? .none,
                filter: filters.randomElement(using: &vectors.generator) ?? nil,
                minimumScore: [nil, nil, 0.5, 2].randomElement(using: &vectors.generator) ?? nil,
                fields: round % 3 == 0 ? [.payload, .tags] : [],
                grouping: groupings.randomElement(using: &vectors.generator) ?? nil,
                offset: [0, 0, 4].randomElement(using: &vectors.generator) ?? 0, countsMatches: round % 4 == 1,
                includesContributions: round % 4 == 2)
        )
    }
}

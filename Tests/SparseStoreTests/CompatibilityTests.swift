import Foundation
import SparseFormat
import TestSupport
import Testing

@testable import SparseStore

/// Stores of every released format, kept in `Tests/Fixtures`, are opened, found sound, and say what they said then.
@Suite struct CompatibilityTests {
    static let formats = ["1.0"]
    /// The stores whose terms are numbers.
    static let numbered = formats.flatMap { format in
        ["compact", "order", "shared", "states"].map { "\($0)-\(format)" }
    }

    @Test func `every fixture is tested`() {
        // TextCompatibilityTests opens `text`, FixtureFeatureTests opens all.
        let names = ["compact", "copy", "format", "order", "shared", "states", "text"]
        #expect(Fixture.stores == Self.formats.flatMap { format in names.map { "\($0)-\(format)" } }.sorted())
    }

    @Test(arguments: formats) func `a store of an earlier version is what it was`(_ format: String) throws {
        let temporary = try TemporaryStore()
        let store = try Self.open("format-\(format)", in: temporary)
        let report = try store.verify(.deep)
        #expect(report.isClean, "\(report.findings.prefix(3))")
        #expect(try store.statistics().format == format)
        #expect(try store.statistics().dictionaries == 1)
        #expect(try store.statistics().blocks.map { $0.documents > 500 } == true)

        let expected = try Fixture.lines("format-\(format).jsonl").map { try JSONDecoder().decode(Line.self, from: $0) }
        #expect(expected.count > 500)
        var vectors: [String: [String: Float]] = [:]
        try store.read { snapshot in
            #expect(snapshot.count == expected.count)
            for line in expected {
                let stored = try #require(try snapshot.document(line.id, includingMultivector: true))
                #expect(stored.payload == line.content.map { Array($0.utf8) })
                #expect(stored.tags == line.tags ?? [])
                #expect(Self.terms(stored) == line.vector.terms)
                #expect(stored.multivector == (try line.multivector.map { try Multivector($0) }))
                vectors[line.id] = line.vector.terms
            }
        }
        for query in [["t1": 1, "t40": 0.5, "t7": 2], ["t0": 1], ["t88": 1.5, "t2": 0.25, "t3": 1]] as [[String: Float]]
        {
            let hits = try store.search(Query(terms: query), limit: 20, recall: .exact)
            let scores = vectors.mapValues { vector in query.reduce(Float(0)) { $0 + (vector[$1.key] ?? 0) * $1.value }
            }
            Self.expectBest(hits, scores)
            let found = try store.search(Query(terms: query), recall: .plainSeismic(cut: 3, heapFactor: 0.8))
            #expect(found.count == 10 && found.allSatisfy { abs($0.score - (scores[$0.id] ?? 0)) < 1e-5 })
        }
        // And it takes new documents.
        try store.write { try $0.upsert(Document(id: "new", terms: ["t1": 9], payload: [1])) }
        #expect(try store.verify(.deep).isClean)
    }

    @Test(arguments: formats) func `attributes of every type are what they were`(_ format: String) throws {
        let temporary = try TemporaryStore()
        let store = try Self.open("format-\(format)", in: temporary)
        // As make-fixture.sh computes them.
        let day = Date(timeIntervalSince1970: 1_704_067_200 + 86_400 * Double(1_040 % 31))
        #expect(
            try store.document("d1040")?.attributes == [
                "day": .date(Int64(day.timeIntervalSince1970) * 1_000_000), "topics": .strings(["a", "b"]),
                "sizes": .integers([1_040, 7]),
            ])
        #expect(
            try store.document("d9")?.attributes == [
                "number": .integer(9), "share": .number(1.125), "even": .boolean(false), "lang": .string("fr"),
            ])
        #expect(try store.document("d1101")?.attributes["number"] == .integer(-1))
        #expect(try store.document("d1101")?.tags == ["changed"])
        let counts = [
            ("number >= 1002 AND number < 1010 AND lang IN (de, en, fr)", 3), ("tag:changed", 1),
            ("EXISTS day AND topics = b", 2),
        ]
        for (filter, count) in counts {
            let parsed = try Filter.parse(filter)
            #expect(try store.read { try $0.count(where: parsed) } == count, "\(filter)")
        }
    }

    @Test(arguments: numbered) func `a store of numbers is what it was`(_ name: String) throws {
        let temporary = try TemporaryStore()
        let store = try Self.open(name, in: temporary)
        let report = try store.verify(.deep)
        #expect(report.isClean, "\(report.findings.prefix(3))")
        let lines = try Fixture.lines("\(name).jsonl").map { try JSONDecoder().decode(Line.self, from: $0) }
        #expect(lines.count > 100)
        try store.read { snapshot in
            #expect(snapshot.count == lines.count)
            for line in lines {
                let stored = try #require(try snapshot.document(line.id, includingMultivector: true))
                let vector = zip(line.vector.indices, line.vector.values).map { ($0, $1) }
                #expect(stored.content == .vector(try SparseVector(vector)))
                #expect(stored.multivector == (try line.multivector.map { try Multivector($0) }))
            }
        }
        let queries: [[(TermID, Float)]] = [[(1, 1), (7, 2)], [(3, 1), (11, 0.5), (41, 3)], [(0, 1)]]
        for query in queries {
            let scores = Self.scores(query, lines)
            let vector = try SparseVector(query)
            Self.expectBest(try store.search(Query(vector: vector), limit: 20, recall: .exact), scores)
            for hit in try store.search(Query(vector: vector), recall: .target(0.8)) {
                #expect(abs(hit.score - (scores[hit.id] ?? 0)) < 1e-4)
            }
        }
        // Merging everything changes no answer.
        try store.optimize()
        Self.expectBest(
            try store.search(Query(vector: SparseVector(queries[0])), limit: 20, recall: .exact),
            Self.scores(queries[0], lines))
        #expect(try store.verify(.deep).isClean)
    }

    @Test(arguments: formats) func `token vectors of every encoding score as they did`(_ format: String) throws {
        let query = try Multivector([[1, 0.5, -1, 0.25], [-0.5, 1, 0, 1]])
        for name in ["compact", "states"] {
            let temporary = try TemporaryStore()
            let store = try Self.open("\(name)-\(format)", in: temporary)
            let lines = try Fixture.lines("\(name)-\(format).jsonl").map {
                try JSONDecoder().decode(Line.self, from: $0)
            }
            let rows = Dictionary(uniqueKeysWithValues: lines.map { ($0.id, $0.multivector ?? []) })
            let found = try store.search(
                Query(vector: SparseVector([(TermID(1), Float(1))])), limit: 20, candidates: 2_000,
                rerankedBy: .maxSim(query),
                recall: .exact)
            let scored = found.prefix { rows[$0.id]?.isEmpty == false }
            #expect(scored.count >= 2, "\(name)")
            for hit in scored {
                let score = (0..<query.count).reduce(Float(0)) { sum, token in
                    let products = (rows[hit.id] ?? []).map { row in
                        zip(row, query[token]).reduce(Float(0)) { $0 + $1.0 * $1.1 }
                    }
                    return sum + (products.max() ?? 0)
                }
                #expect(abs(hit.score - score) < 1e-3, "\(name) \(hit.id)")
            }
        }
    }

    @Test(arguments: formats) func `a merge that was killed then is given up now`(_ format: String) throws {
        let temporary = try TemporaryStore()
        let store = try Self.open("states-\(format)", in: temporary) { $0.mergePolicy.fanout = 2 }
        #expect(try store.statistics().stagedBytes > 0)
        #expect(try store.file.read { try $0.meta.retired() }.count == 2)
        let documents = try store.statistics().documents
        try store.maintain()
        #expect(try store.file.read { try $0.meta.merge() } == nil)
        #expect(try store.statistics().stagedBytes == 0)
        #expect(try store.statistics().documents == documents)
        #expect(try leftovers(store).isEmpty)
        #expect(try store.verify(.deep).isClean)
    }

    @Test(arguments: formats) func `a set of shards of an earlier version answers`(_ format: String) throws {
        let temporary = try TemporaryStore()
        try Fixture.write("compact-\(format).sparse", to: temporary.path)
        let shards = try ShardedStore(at: [temporary.path])
        let query = Query(vector: try SparseVector([(TermID(1), Float(1)), (7, 2)]))
        let found = try shards.search(query, limit: 20, recall: .exact)
        try shards.upsert([Document(id: "new", vector: SparseVector([(TermID(7), Float(100))]))])
        #expect(try shards.search(query, limit: 1, recall: .exact).map(\.id) == ["new"])
        shards.close()
        let store = try temporary.open()
        try store.write { try $0.remove("new") }
        #expect(try store.search(query, limit: 20, recall: .exact).map(\.id) == found.map(\.id))
    }

    @Test(arguments: formats) func `publications of an earlier version are followed, by a copy of that version`(
        _ format: String
    ) throws {
        let temporary = try TemporaryStore()
        let folder = temporary.directory.appendingPathComponent("publication")
        try FileManager.default.copyItem(
            at: Fixture.folder.appendingPathComponent("publication-\(format)"), to: folder)
        let target = FolderTarget(at: folder.path)
        let expected = try Fixture.lines("text-\(format).jsonl").count
        try Fixture.write("copy-\(format).sparse", to: temporary.path)
        let old = try temporary.open { $0.isReadOnly = true }
        #expect(try old.read { $0.count } == expected + 4)
        old.close()

        let follower = Follower(of: target, at: temporary.path)
        #expect(try follower.follow().isNew)
        let new = try temporary.open { $0.isReadOnly = true }
        #expect(try new.read { $0.count } == expected)
        #expect(try new.document("d14") == nil)
        #expect(try new.verify(.deep).isClean)
        new.close()
        // And an earlier publication still makes a store.
        let first = temporary.directory.appendingPathComponent("first.sparse").path
        #expect(try Follower(of: target, at: first).follow(to: 3).isNew)
        let restored = try Store.open(at: first)
        #expect(try restored.read { $0.count } == expected + 4)
        restored.close()
    }

    private static func open(
        _ name: String, in temporary: TemporaryStore, _ configure: (inout Configuration) -> Void = { _ in }
    ) throws -> Store {
        try Fixture.write("\(name).sparse", to: temporary.path)
        return try temporary.open {
            $0.maintenance = .manual
            configure(&$0)
        }
    }

    /// Expects the best documents by these scores, and the scores themselves.
    private static func expectBest(_ result: SearchResult, _ scores: [String: Float]) {
        let best = scores.values.sorted(by: >).prefix(20).filter { $0 > 0 }
        #expect(result.count == best.count)
        for (hit, score) in zip(result, best) {
            #expect(abs(hit.score - score) < 1e-4)
            #expect(abs(hit.score - (scores[hit.id] ?? 0)) < 1e-4)
        }
    }

    private static func scores(_ query: [(TermID, Float)], _ lines: [Line]) -> [String: Float] {
        var scores: [String: Float] = [:]
        for line in lines {
            let weights = Dictionary(uniqueKeysWithValues: zip(line.vector.indices, line.vector.values))
            scores[line.id] = query.reduce(Float(0)) { $0 + (weights[$1.0] ?? 0) * $1.1 }
        }
        return scores
    }

    private static func terms(_ document: Document) -> [String: Float] {
        guard case .terms(let terms) = document.content else { return [:] }
        return Dictionary(uniqueKeysWithValues: terms.map { ($0.term, $0.weight) })
    }

    /// A line of an export.
    private struct Line: Decodable {
        var id: String
        var content: String?
        var tags: [String]?
        var vector: Vector
        var multivector: [[Float]]?

        /// Terms are strings with their weights, or numbers in two arrays.
        struct Vector: Decodable {
            var terms: [String: Float] = [:]
            var indices: [TermID] = []
            var values: [Float] = []

            private enum CodingKeys: CodingKey {
                case indices, values
            }

            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: CodingKeys.self)
                if let indices = try? container.decode([TermID].self, forKey: .indices) {
                    self.indices = indices
                    values = try container.decode([Float].self, forKey: .values)
                } else {
                    terms = try decoder.singleValueContainer().decode([String: Float].self)
                }
            }
        }
    }
}

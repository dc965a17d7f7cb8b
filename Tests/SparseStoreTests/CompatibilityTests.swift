import Foundation
import TestSupport
import Testing

@testable import SparseStore

/// A store of every released format, kept in `Tests/Fixtures`, is opened, found sound, and says what it said then.
@Suite struct CompatibilityTests {
    static let formats = ["1.0"]

    @Test func `every fixture is tested`() {
        // TextCompatibilityTests opens those of texts.
        #expect(Fixture.stores == (Self.formats.map { "format-\($0)" } + Self.formats.map { "text-\($0)" }).sorted())
    }

    @Test(arguments: formats) func `a store of an earlier version is what it was`(_ format: String) throws {
        let temporary = try TemporaryStore()
        try Data(Fixture.bytes("format-\(format).sparse")).write(to: URL(fileURLWithPath: temporary.path))
        let store = try temporary.open()
        let report = try store.verify(.deep)
        #expect(report.isClean, "\(report.findings.prefix(3))")
        #expect(try store.statistics().format == format)
        #expect(try store.statistics().dictionaries == 1)
        #expect(try store.statistics().blocks.map { $0.documents > 500 } == true)

        let expected = try Fixture.lines("format-\(format).jsonl").map(Self.document)
        #expect(expected.count > 500)
        var vectors: [String: [String: Float]] = [:]
        try store.read { snapshot in
            #expect(snapshot.count == expected.count)
            for document in expected {
                let stored = try #require(try snapshot.document(document.id))
                #expect(stored.payload == document.payload)
                #expect(stored.tags == document.tags)
                #expect(Self.terms(stored) == Self.terms(document))
                vectors[document.id] = Self.terms(document)
            }
        }
        for query in [["t1": 1, "t40": 0.5, "t7": 2], ["t0": 1], ["t88": 1.5, "t2": 0.25, "t3": 1]] as [[String: Float]]
        {
            let hits = try store.search(Query(terms: query), limit: 20, recall: .exact)
            let scores = vectors.mapValues { vector in query.reduce(Float(0)) { $0 + (vector[$1.key] ?? 0) * $1.value }
            }
            let best = scores.values.sorted(by: >).prefix(20).filter { $0 > 0 }
            #expect(hits.count == best.count)
            let found = try store.search(Query(terms: query), recall: .plainSeismic(cut: 3, heapFactor: 0.8))
            #expect(found.count == 10 && found.allSatisfy { abs($0.score - (scores[$0.id] ?? 0)) < 1e-5 })
            for (hit, score) in zip(hits, best) {
                #expect(abs(hit.score - score) < 1e-5)
                #expect(abs(hit.score - (scores[hit.id] ?? 0)) < 1e-5)
            }
        }
        // And it takes new documents.
        try store.write { try $0.upsert(Document(id: "new", terms: ["t1": 9], payload: expected[0].payload)) }
        #expect(try store.verify(.deep).isClean)
    }

    private static func terms(_ document: Document) -> [String: Float] {
        guard case .terms(let terms) = document.content else { return [:] }
        return Dictionary(uniqueKeysWithValues: terms.map { ($0.term, $0.weight) })
    }

    private static func document(_ line: Data) throws -> Document {
        struct Line: Decodable {
            var id: String
            var content: String?
            var tags: [String]?
            var vector: [String: Float]
        }
        let line = try JSONDecoder().decode(Line.self, from: line)
        return Document(
            id: line.id, terms: line.vector, payload: line.content.map { Array($0.utf8) }, tags: line.tags ?? [])
    }
}

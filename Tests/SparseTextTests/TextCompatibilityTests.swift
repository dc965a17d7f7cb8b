import Foundation
import SparseStore
import SparseText
import TestSupport
import Testing

/// A store of texts of every released format is opened, knows its encoder, and scores as BM25 does.
@Suite struct TextCompatibilityTests {
    private struct Line: Decodable {
        var id: String
        var content: String
        var vector: [String: Float]
    }

    /// The scores of BM25 with k1 0.9 and b 0.4, from the counts alone.
    private static func scores(_ question: [WeightedTerm], _ lines: [Line]) -> [String: Double] {
        let lengths = lines.map { Double($0.vector.values.reduce(0, +)) }
        let average = lengths.reduce(0, +) / Double(lines.count)
        var scores: [String: Double] = [:]
        for term in question {
            let counts = lines.map { Double($0.vector[term.term] ?? 0) }
            let holders = Double(counts.filter { $0 > 0 }.count)
            let idf: Double = log(1 + (Double(lines.count) - holders + 0.5) / (holders + 0.5))
            for (line, (count, length)) in zip(lines, zip(counts, lengths)) where count > 0 {
                let norm: Double = 0.9 * (0.6 + 0.4 * length / average)
                scores[line.id, default: 0] += Double(term.weight) * idf * count * 1.9 / (count + norm)
            }
        }
        return scores
    }

    @Test(arguments: Fixture.stores.filter { $0.hasPrefix("text-") })
    func `a store of texts of an earlier version takes plain words, and scores as BM25 does`(_ name: String) throws {
        let folder = TemporaryFolder()
        try Data(Fixture.bytes("\(name).sparse")).write(to: URL(fileURLWithPath: folder.path("text.sparse")))
        let store = try Store.open(at: folder.path("text.sparse"))
        defer { store.close() }
        #expect(try store.verify(.deep).isClean)
        let bm25 = BM25(language: .english)
        let recorded = try #require(try store.read { $0.encoder })
        #expect(recorded.name == "bm25:english")
        #expect(recorded.agrees(with: bm25.description))

        let lines = try Fixture.lines("\(name).jsonl").map { try JSONDecoder().decode(Line.self, from: $0) }
        #expect(try store.read { $0.count } == lines.count)
        for line in lines {
            let terms = bm25.encode(document: line.content).map { ($0.term, $0.weight) }
            #expect(Dictionary(uniqueKeysWithValues: terms) == line.vector)
            #expect(try store.document(line.id)?.payload == Array(line.content.utf8))
        }
        for question in ["running engines", "who mends the wings of birds?", "store 7 keeps keeps pages"] {
            let scores = Self.scores(bm25.encode(query: question), lines)
            let found = try store.search(text: question, limit: 30, recall: .exact)
            #expect(found.count == 30)
            for (hit, best) in zip(found, scores.values.sorted(by: >)) {
                #expect(abs(Double(hit.score) - best) < 1e-4)
                #expect(abs(Double(hit.score) - (scores[hit.id] ?? 0)) < 1e-4)
            }
        }
        // And it takes new texts.
        try store.write { try $0.upsert(id: "new", text: "An unheard hippopotamus") }
        #expect(try store.search(text: "hippopotamus").map(\.id) == ["new"])
    }
}

import SparseStore
import Testing

@testable import SparseText

@Suite("Highlights")
struct HighlighterTests {
    private func words(_ text: String, _ ranges: [Range<Int>]) -> [String] {
        ranges.map { String(decoding: Array(text.utf8)[$0], as: UTF8.self) }
    }

    @Test
    func `words that share a stem with the question are found where they stand in the text`() throws {
        let text = "Caf\u{E9}s RUN. A \u{1F600} runner's caf\u{E9} was running"
        let highlighter = try Highlighter(BM25(language: .english), query: "running caf\u{E9}")
        let found = highlighter.highlights(in: text)
        #expect(words(text, found.matches) == ["Caf\u{E9}s", "RUN", "caf\u{E9}", "running"])
    }

    @Test
    func `the passage with most of the question comes first`() throws {
        let filler = String(repeating: "nothing here at all ", count: 20)
        let text = "engines once. " + filler + "small engines running " + filler + "small again"
        let highlighter = try Highlighter(BM25(language: .english), query: "small running engine")
        let passages = highlighter.highlights(in: text, passageBytes: 60, count: 3).passages
        #expect(passages.count == 3)
        #expect(words(text, passages[0].matches) == ["small", "engines", "running"])
        #expect(passages[0].score == 3)
        #expect(passages.allSatisfy { $0.range.count <= 60 })
        for (index, passage) in passages.enumerated() {
            for other in passages[(index + 1)...] { #expect(!passage.range.overlaps(other.range)) }
        }
    }

    @Test
    func `a passage begins and ends with whole words`() throws {
        let text = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda"
        let highlighter = try Highlighter(BM25(language: nil), query: "zeta")
        let passage = try #require(highlighter.highlights(in: text, passageBytes: 30).passages.first)
        let words = text.split(separator: " ").map(String.init)
        let shown = String(decoding: Array(text.utf8)[passage.range], as: UTF8.self).split(separator: " ").map(
            String.init)
        #expect(shown.allSatisfy(words.contains))
        #expect(shown.contains("zeta"))
    }

    @Test
    func `the pieces of one word are one match`() throws {
        let highlighter = Highlighter(
            PieceTokenizer(), terms: [WeightedTerm("un", 1), WeightedTerm("##able", 1)])
        #expect(highlighter.highlights(in: "unable").matches == [0..<6])
    }

    @Test(arguments: ["", "other words"])
    func `a text without a match has no passage`(_ text: String) throws {
        let found = try Highlighter(BM25(language: .english), query: "engine").highlights(in: text)
        #expect(found.matches.isEmpty)
        #expect(found.passages.isEmpty)
    }

    private struct PieceTokenizer: TextTokenizer {
        func tokens(in text: String) -> [TextToken] {
            [TextToken("un", range: 0..<2), TextToken("##able", range: 2..<6)]
        }
    }
}

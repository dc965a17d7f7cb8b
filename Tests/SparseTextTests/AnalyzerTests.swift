import SparseStore
import Testing

@testable import SparseText

@Suite("Analyzer")
struct AnalyzerTests {
    private func terms(_ text: String, _ language: String?, _ change: (inout Analyzer) -> Void = { _ in }) throws
        -> [String]
    {
        var analyzer = Analyzer(language: try language.map { try Language($0) })
        change(&analyzer)
        return analyzer.tokens(in: text).map(\.term)
    }

    @Test
    func `English words are folded, stripped of stop words and stemmed`() throws {
        #expect(try terms("The engines are RUNNING, aren't they?", "english") == ["engin", "run"])
    }

    @Test
    func `each step can be left out`() throws {
        let text = "The Engines"
        #expect(try terms(text, "english") { $0.stems = false } == ["engines"])
        #expect(try terms(text, "english") { $0.stopWords = [] } == ["the", "engin"])
        #expect(try terms(text, nil) == ["the", "engines"])
        #expect(try terms(text, nil) { $0.foldsCase = false } == ["The", "Engines"])
    }

    @Test
    func `a token's range is that of the word in the text as it was given`() throws {
        let text = "Cafe\u{301}s \u{2014} \u{1F600} running"
        let tokens = Analyzer(language: .english).tokens(in: text)
        let words = tokens.map { String(decoding: Array(text.utf8)[$0.range], as: UTF8.self) }
        #expect(words == ["Cafe\u{301}s", "\u{1F600}", "running"])
        #expect(tokens.last?.term == "run")
    }

    /// Every character is a token, as it stands in the text.
    private struct Characters: TextTokenizer {
        func tokens(in text: String) -> [TextToken] { text.map { TextToken(String($0), range: 0..<0) } }
    }

    @Test
    func `terms of a tokenizer that keeps two spellings apart are counted apart`() {
        let counts = Characters().counts(of: "\u{E9}e\u{301}\u{E9}")
        #expect(counts[TextKey("\u{E9}")] == 2)
        #expect(counts[TextKey("e\u{301}")] == 1)
    }

    @Test
    func `two spellings of one character are one term`() throws {
        let composed = try terms("Z\u{FC}rich \u{AC01}", nil)
        let decomposed = try terms("ZU\u{308}RICH \u{1100}\u{1161}\u{11A8}", nil)
        #expect(composed.map { Array($0.utf8) } == decomposed.map { Array($0.utf8) })
    }

    @Test
    func `marks are dropped on request`() throws {
        #expect(try terms("Z\u{FC}rich \u{1EC7}", nil) { $0.foldsMarks = true } == ["zurich", "e"])
    }

    @Test
    func `a final sigma and an ordinary one, and both apostrophes, are the same`() throws {
        let words = try terms("\u{39B}\u{3A3} \u{3BB}\u{3C2} don\u{2019}t don't", nil)
        #expect(words[0] == words[1])
        #expect(words[2] == words[3])
    }

    @Test
    func `Turkish has two letters I`() throws {
        #expect(try terms("ISI \u{130}\u{15E}", "turkish") { $0.stems = false } == ["\u{131}s\u{131}", "i\u{15F}"])
    }

    @Test
    func `an elided article is cut off and the range keeps it`() throws {
        let tokens = Analyzer(language: try Language("french")).tokens(in: "l\u{2019}avion")
        #expect(tokens == [TextToken("avion", range: 0..<9)])
    }

    @Test
    func `a word longer than the limit counts by its beginning, cut at a whole scalar`() throws {
        let found = try #require(terms(String(repeating: "\u{44F}", count: 200_000), nil).first)
        #expect(found == String(repeating: "\u{44F}", count: Analyzer.maximumWordBytes / 2))
        #expect(try terms(String(repeating: "a", count: Analyzer.maximumWordBytes), nil).first?.utf8.count == 255)
    }

    @Test
    func `an unknown language is refused with the names of those there are`() {
        let error = #expect(throws: SparseStoreError.self) { try Language("klingon") }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("english") == true)
    }

    @Test(arguments: ["", " ", "...", "\u{0}\u{1}", "\u{200B}\u{FE0F}"])
    func `a text without words has no terms`(_ text: String) throws {
        #expect(try terms(text, "english").isEmpty)
    }
}

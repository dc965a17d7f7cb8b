import SparseInterchange
import SparseStore
import Testing

@testable import SparseText

@Suite("Inference-free queries")
struct InferenceFreeTests {
    private static let tokens = "[UNK]\n[CLS]\nsmall\nengine\n##s\n.\n"

    private func encoder(_ table: WeightTableFile?) throws -> InferenceFreeEncoder {
        let file = try TokenizerFile(source: ByteSource(bytes: Array(Self.tokens.utf8)))
        return try InferenceFreeEncoder(tokenizer: WordPieceTokenizer(file), table: table)
    }

    @Test
    func `each different token has the weight of its number, and special and unknown ones have none`() throws {
        let encoder = try encoder(.byNumber([9, 9, 1.5, 2.5, 0.5, 0]))
        let terms = encoder.encode(query: "Small engines, small engine. [CLS] xyz")
        #expect(terms == [WeightedTerm("small", 1.5), WeightedTerm("engine", 2.5), WeightedTerm("##s", 0.5)])
        #expect(encoder.weighting == .none)
    }

    @Test
    func `a table by name weighs the tokens that it names`() throws {
        let encoder = try encoder(.byName([WeightedTerm("engine", 3), WeightedTerm("other", 7)]))
        #expect(encoder.encode(query: "small engine") == [WeightedTerm("engine", 3)])
    }

    @Test
    func `without a table tokens weigh 1, and the store's document frequencies multiply them`() throws {
        let encoder = try encoder(nil)
        #expect(encoder.encode(query: "engine engine") == [WeightedTerm("engine", 1)])
        #expect(encoder.weighting == .corpusIDF)
    }

    @Test
    func `a table of another model is refused with both sizes`() throws {
        let error = #expect(throws: SparseStoreError.self) { try encoder(.byNumber([1, 2])) }
        #expect(error?.message.contains("2 weights") == true)
        #expect(error?.message.contains("6 tokens") == true)
    }

    @Test
    func `a document is refused: the model encodes it`() throws {
        let encoder = try encoder(nil)
        #expect(throws: SparseStoreError.self) { try encoder.encode(document: "small engine") }
    }
}

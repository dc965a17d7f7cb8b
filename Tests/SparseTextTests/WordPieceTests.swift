import SparseInterchange
import SparseStore
import Testing

@testable import SparseText

@Suite("WordPiece")
struct WordPieceTests {
    private static let vocabulary =
        "[PAD]\n[UNK]\n[CLS]\n[MASK]\nun\n##aff\n##able\nable\n!\n,\n\u{6F22}\nzu\n##rich\n$\ni\n\u{E9}t\u{E9}\nete\n"

    private func tokenizer(_ text: String = Self.vocabulary) throws -> WordPieceTokenizer {
        try WordPieceTokenizer(TokenizerFile(source: ByteSource(bytes: Array(text.utf8))))
    }

    private func terms(_ text: String) throws -> [String] { try tokenizer().tokens(in: text).map(\.term) }

    @Test
    func `the longest piece is taken again and again`() throws {
        #expect(try terms("unaffable able") == ["un", "##aff", "##able", "able"])
    }

    @Test
    func `a word with a part that no piece begins is unknown as a whole`() throws {
        #expect(try terms("unaffablexyz able") == ["[UNK]", "able"])
    }

    @Test
    func `letters are brought to lower case and lose their marks`() throws {
        #expect(try terms("Z\u{DC}RICH zu\u{308}rich \u{C9}t\u{E9}") == ["zu", "##rich", "zu", "##rich", "ete"])
    }

    @Test
    func `punctuation and CJK characters are words of their own`() throws {
        #expect(try terms("able!able\u{6F22}able$") == ["able", "!", "able", "\u{6F22}", "able", "$"])
    }

    @Test
    func `control characters are dropped, also inside a word, and white space of any kind separates`() throws {
        #expect(try terms("ab\u{0}\u{200D}le\u{FFFD}\u{2003}un\tun\r\nun") == ["able", "un", "un", "un"])
    }

    @Test
    func `a word is unknown from 101 characters on`() throws {
        let tokenizer = try tokenizer(Self.vocabulary + "a\n##a\n")
        #expect(tokenizer.tokens(in: String(repeating: "a", count: 100)).count == 100)
        #expect(tokenizer.tokens(in: String(repeating: "a", count: 101)).map(\.term) == ["[UNK]"])
    }

    @Test
    func `special tokens stand for themselves in the text as it is`() throws {
        #expect(try terms("un[MASK]able [mask]") == ["un", "[MASK]", "able", "[UNK]", "[UNK]", "[UNK]"])
    }

    @Test
    func `a token's range is that of its characters in the text`() throws {
        let text = "Z\u{DC}RICH, unaffable"
        let pieces = try tokenizer().tokens(in: text).map {
            String(decoding: Array(text.utf8)[$0.range], as: UTF8.self)
        }
        #expect(pieces == ["Z\u{DC}", "RICH", ",", "un", "aff", "able"])
    }

    @Test
    func `a tokenizer.json gives the same tokens as the vocabulary, with its settings`() throws {
        let json = """
            {"version": "1.0", "truncation": {"max_length": 2}, "added_tokens": [{"id": 1, "content": "[UNK]"}],
             "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                            "strip_accents": null, "lowercase": false},
             "pre_tokenizer": {"type": "BertPreTokenizer"},
             "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "@@",
                       "max_input_chars_per_word": 5, "vocab": {"Ab": 0, "[UNK]": 1, "@@c": 2, "\\u00e9": 3}}}
            """
        let tokenizer = try tokenizer(json)
        #expect(tokenizer.tokens == ["Ab", "[UNK]", "@@c", "\u{E9}"])
        #expect(tokenizer.numbers(in: "Abc abc Abcccc \u{E9}") == [0, 2, 1, 1, 3])
    }

    @Test(arguments: ["BPE", "Unigram", "WordLevel"])
    func `a tokenizer.json of another kind is refused and named`(_ kind: String) throws {
        let json = #"{"model": {"type": "\#(kind)", "vocab": {"a": 0}}}"#
        let error = #expect(throws: InterchangeError.self) { try tokenizer(json) }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("'\(kind)'") == true)
    }

    @Test(arguments: [#"{"model": {"#, #"{"model": 5}"#])
    func `a damaged tokenizer.json is refused with the place`(_ json: String) throws {
        let error = #expect(throws: InterchangeError.self) { try tokenizer(json) }
        #expect(error?.code == .invalidInput)
        #expect(error?.message.contains("byte") == true)
    }

    @Test
    func `a vocabulary without its unknown token is refused`() throws {
        let error = #expect(throws: SparseStoreError.self) { try tokenizer("a\nb\n") }
        #expect(error?.message.contains("[UNK]") == true)
    }
}

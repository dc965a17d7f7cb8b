import SparseFormat
import SparseInterchange
import SparseStore
import SparseText

extension FuzzTarget {
    /// A target for each file of a text encoder, and for texts.
    static let text = [tokenizer, encoder, analyzer, texts]

    private static let vocabulary = """
        [PAD]
        [UNK]
        [CLS]
        [SEP]
        [MASK]
        un
        ##aff
        ##able
        small
        engine
        ##s
        ,
        \u{6F22}
        caf
        ##e
        \u{E9}t\u{E9}

        """
    private static let settings = #"""
        {"version": "1.0", "truncation": null, "added_tokens": [
          {"id": 0, "content": "[PAD]", "special": true}, {"id": 1, "content": "[UNK]", "special": true},
          {"id": 2, "content": "[MASK]", "special": true}],
         "normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
           "strip_accents": null, "lowercase": true},
         "pre_tokenizer": {"type": "BertPreTokenizer"},
         "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
           "max_input_chars_per_word": 100,
           "vocab": {"[PAD]": 0, "[UNK]": 1, "[MASK]": 2, "small": 3, "engine": 4, "##s": 5}}}
        """#
    private static let sentence = "Small ENGINES, [MASK] unaffable caf\u{E9} \u{6F22}\u{5B57}\u{200D} e\u{301}te\u{301}"

    /// A text, then a `vocab.txt` or a `tokenizer.json`. The tokens of the text are in its order and within it, and their
    /// numbers are those of the vocabulary.
    private static let tokenizer = FuzzTarget(
        name: "tokenizer",
        seeds: { [vocabulary, settings].map { parts([sentence]) + Array($0.utf8) } },
        run: { bytes in
            let parts = split(bytes, 2)
            let text = String(decoding: parts[0], as: UTF8.self)
            try readingText {
                let tokenizer = try WordPieceTokenizer(TokenizerFile(source: ByteSource(bytes: parts[1])))
                let tokens = tokenizer.tokens(in: text)
                try requireOrder(tokens.map(\.range), in: text)
                let numbers = tokenizer.numbers(in: text)
                try Finding.unless(
                    numbers.map { tokenizer.tokens[$0] } == tokens.map(\.term), "the numbers are of other tokens")
                try Finding.unless(
                    tokenizer.tokens.indices.contains(tokenizer.unknown), "an unknown token of no number")
            }
        })

    /// A text, a vocabulary and a table of weights. A query is encoded to different terms, each with a weight above
    /// zero.
    private static let encoder = FuzzTarget(
        name: "encoder",
        seeds: {
            let names = Array(#"{"small": 1.5, "engine": 2e0, "un": 0}"#.utf8)
            let numbers = (0..<16).flatMap { little(Float($0).bitPattern) }
            return [names, numbers, []].map { parts([sentence, vocabulary]) + $0 }
        },
        run: { bytes in
            let parts = split(bytes, 3)
            try readingText {
                let tokenizer = try WordPieceTokenizer(TokenizerFile(source: ByteSource(bytes: parts[1])))
                let table = parts[2].isEmpty ? nil : try WeightTableFile(source: ByteSource(bytes: parts[2]))
                let encoder = try InferenceFreeEncoder(tokenizer: tokenizer, table: table)
                let terms = encoder.encode(query: String(decoding: parts[0], as: UTF8.self))
                try Finding.unless(terms.allSatisfy { $0.weight > 0 && $0.weight.isFinite }, "a weight of no use")
                let names = Set(terms.map { Array($0.term.utf8) })
                // A hostile vocabulary may have one token under two numbers.
                let isPlain = Set(tokenizer.tokens.map { Array($0.utf8) }).count == tokenizer.tokens.count
                try Finding.unless(names.count == terms.count || !isPlain, "a term twice")
            }
        })

    /// A text of any language. Its words are in order and within it, and so are the passages that match some of them.
    private static let analyzer = FuzzTarget(
        name: "analyzer", longest: 1_024,
        seeds: {
            let texts = [
                "The engines' running 3.14 caf\u{E9}s", "L'\u{E9}t\u{E9} \u{0130}stanbul I\u{307}",
                "\u{6F22}\u{5B57} \u{1F469}\u{200D}\u{1F680} \u{05D0}\u{05D1}\"\u{05D2}",
                "na\u{308}ive\u{200D}\u{0301} \u{03A3}\u{03C2}",
            ]
            return texts.enumerated().map { [UInt8($0 * 7)] + Array($1.utf8) }
        },
        run: { bytes in
            guard let first = bytes.first else { return }
            let text = String(decoding: bytes.dropFirst(), as: UTF8.self)
            let languages = Language.all
            var analyzer = Analyzer(language: languages[Int(first) % languages.count])
            analyzer.foldsMarks = first & 0x80 != 0
            let tokens = analyzer.tokens(in: text)
            try requireOrder(tokens.map(\.range), in: text)
            try Finding.unless(
                tokens.allSatisfy { $0.term.utf8.count <= Analyzer.maximumWordBytes }, "a term that is too long")
            try Finding.unless(tokens == analyzer.tokens(in: text), "other tokens the second time")
        })

    /// Texts without vectors, as documents and as queries: JSON Lines, or ids and texts with tabs. Reading on from any
    /// position yields the rest.
    private static let texts = FuzzTarget(
        name: "texts",
        seeds: {
            let object = #"{"id": 7, "title": "a \u00e9", "text": "small engines", "tags": ["t"], "other": [1, {}]}"#
            return ["\(object)\nd2\tthe engines\r\n\n\(object)", "q1\tsmall engines\n"].map { Array($0.utf8) }
        },
        run: { bytes in
            let bytes = Array(bytes)
            try reading {
                func read(from position: InputPosition = InputPosition()) throws -> [(
                    row: DocumentRow, after: InputPosition
                )] {
                    try places(TextReader(source: ByteSource(bytes: bytes), fields: ["text", "title"], from: position))
                }
                let all = try read()
                for (index, place) in all.enumerated() where index % 4 == 0 {
                    try Finding.unless(
                        try read(from: place.after).map { "\($0.row)" } == all[(index + 1)...].map { "\($0.row)" },
                        "reading on gave other rows")
                }
            }
            try reading {
                let source = try ByteSource(bytes: bytes)
                if try TextQueries.areGiven(by: source) { _ = try TextQueries.read(source) }
            }
        })

    private static func readingText(_ body: () throws -> Void) throws {
        _ = try Finding.allowing(
            { $0 is InterchangeError || ($0 as? SparseStoreError)?.code == .invalidArgument }, body)
    }

    private static func requireOrder(_ ranges: [Range<Int>], in text: String) throws {
        try Finding.unless(
            zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound }
                && ranges.last?.upperBound ?? 0 <= text.utf8.count,
            "the tokens are not in the order of the text")
    }

    /// Joins parts, each after two bytes with its length.
    private static func parts(_ parts: [String]) -> [UInt8] {
        parts.flatMap { little(UInt16($0.utf8.count)) + Array($0.utf8) }
    }

    /// Splits an input into parts. Each but the last comes after two bytes with its length.
    private static func split(_ bytes: UnsafeRawBufferPointer, _ count: Int) -> [[UInt8]] {
        var rest = bytes[...]
        var parts = (1..<count).map { _ in
            let length = rest.prefix(2).reversed().reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(2)
            defer { rest = rest.dropFirst(length) }
            return Array(rest.prefix(length))
        }
        parts.append(Array(rest))
        return parts
    }
}

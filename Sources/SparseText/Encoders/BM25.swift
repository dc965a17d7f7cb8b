public import SparseStore

/// BM25 over the words of a text: documents keep how often each word stands in them, and the store scores with the document
/// frequencies and the average length of the commit that is searched.
///
///     let bm25 = BM25(language: .english)
///     try store.write { transaction in
///         try transaction.setEncoder(bm25.description)
///         try transaction.upsert(id: "1", text: "Small engines are running")
///     }
///     let hits = try store.search(text: "running engine")
public struct BM25: TextEncoder {
    /// What cuts texts into words.
    public let analyzer: Analyzer
    /// How soon repeated words stop counting, 0...1,000. Usual: 0.9 to 1.2.
    public let k1: Float
    /// How much long documents are held back, 0...1. Usual: 0.4 to 0.75.
    public let b: Float

    /// What a store that it fills remembers.
    public let description: EncoderDescription
    /// What cuts the texts; it says where terms stand.
    public var tokenizer: any TextTokenizer { analyzer }
    /// What multiplies a query's weights when it is searched for.
    public var weighting: Weighting { .corpusIDF }

    /// Makes an encoder with the usual analyzer of a language; nil for words as they stand. Its name is `bm25:` and the
    /// language's, by which a store that it has filled finds it again.
    public init(language: Language?, k1: Float = 0.9, b: Float = 0.4) {
        self.init(Analyzer(language: language), k1: k1, b: b)
    }

    /// Makes an encoder with an analyzer.
    public init(_ analyzer: Analyzer, k1: Float = 0.9, b: Float = 0.4) {
        self.analyzer = analyzer
        self.k1 = k1
        self.b = b
        description = EncoderDescription(
            name: "bm25:\(analyzer.language?.name ?? "none")", fingerprint: analyzer.fingerprint,
            parameters: analyzer.summary, scoring: .bm25(k1: k1, b: b))
    }

    /// How often each of the text's terms stands in it.
    public func encode(document: String) -> [WeightedTerm] { analyzer.weightedCounts(of: document) }

    /// The weights of the query's terms.
    public func encode(query: String) -> [WeightedTerm] { analyzer.weightedCounts(of: query) }
}

/// How often each word stands in a text, for stores that score by inner products.
public struct CountEncoder: TextEncoder {
    /// What cuts texts into words.
    public let analyzer: Analyzer
    /// What a store that it fills remembers.
    public let description: EncoderDescription
    /// What cuts the texts; it says where terms stand.
    public var tokenizer: any TextTokenizer { analyzer }

    /// Makes an encoder that counts the words of an analyzer.
    public init(_ analyzer: Analyzer) {
        self.analyzer = analyzer
        description = EncoderDescription(
            name: "analyzer:\(analyzer.language?.name ?? "none")", fingerprint: analyzer.fingerprint,
            parameters: analyzer.summary)
    }

    /// How often each of the text's terms stands in it.
    public func encode(document: String) -> [WeightedTerm] { analyzer.weightedCounts(of: document) }

    /// The weights of the query's terms.
    public func encode(query: String) -> [WeightedTerm] { analyzer.weightedCounts(of: query) }
}

extension Analyzer {
    fileprivate func weightedCounts(of text: String) -> [WeightedTerm] {
        counts(of: text).map { WeightedTerm($0.key, Float($0.value)) }
            .sorted { $0.term.utf8.lexicographicallyPrecedes($1.term.utf8) }
    }
}

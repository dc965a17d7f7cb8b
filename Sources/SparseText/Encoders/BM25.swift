public import SparseStore

/// BM25 over the words of a text. The vector of a document has the counts of its words. The store computes scores with
/// the document frequencies and the average length of the commit that is searched.
///
///     let bm25 = BM25(language: .english)
///     try store.write { transaction in
///         try transaction.setEncoder(bm25.description)
///         try transaction.upsert(id: "1", text: "Small engines are running")
///     }
///     let hits = try store.search(text: "running engine")
public struct BM25: TextEncoder {
    /// The analyzer that splits texts into words.
    public let analyzer: Analyzer
    /// The saturation of repeated words, 0...1,000. Common values are 0.9 to 1.2.
    public let k1: Float
    /// The degree to which long documents are penalized, 0...1. Common values are 0.4 to 0.75.
    public let b: Float

    /// The description that a store records when documents are encoded.
    public let description: EncoderDescription
    /// The analyzer, which also locates terms in a text.
    public var tokenizer: any TextTokenizer { analyzer }
    /// The weighting of query terms in a search.
    public var weighting: Weighting { .corpusIDF }

    /// Creates an encoder with the usual analyzer of a language; nil means no stemming. Its name is `bm25:` followed by
    /// the name of the language, from which a store can create the encoder again.
    public init(language: Language?, k1: Float = 0.9, b: Float = 0.4) {
        self.init(Analyzer(language: language), k1: k1, b: b)
    }

    /// Creates an encoder with an analyzer.
    public init(_ analyzer: Analyzer, k1: Float = 0.9, b: Float = 0.4) {
        self.analyzer = analyzer
        self.k1 = k1
        self.b = b
        description = EncoderDescription(
            name: "bm25:\(analyzer.language?.name ?? "none")", fingerprint: analyzer.fingerprint,
            parameters: analyzer.summary, scoring: .bm25(k1: k1, b: b))
    }

    /// Returns the count of each term of the text.
    public func encode(document: String) -> [WeightedTerm] { analyzer.weightedCounts(of: document) }

    /// Returns the weights of the query's terms.
    public func encode(query: String) -> [WeightedTerm] { analyzer.weightedCounts(of: query) }
}

/// Encodes a text as the counts of its words, for stores that score by inner products.
public struct CountEncoder: TextEncoder {
    /// The analyzer that splits texts into words.
    public let analyzer: Analyzer
    /// The description that a store records when documents are encoded.
    public let description: EncoderDescription
    /// The analyzer, which also locates terms in a text.
    public var tokenizer: any TextTokenizer { analyzer }

    /// Creates an encoder that counts the words of an analyzer.
    public init(_ analyzer: Analyzer) {
        self.analyzer = analyzer
        description = EncoderDescription(
            name: "analyzer:\(analyzer.language?.name ?? "none")", fingerprint: analyzer.fingerprint,
            parameters: analyzer.summary)
    }

    /// Returns the count of each term of the text.
    public func encode(document: String) -> [WeightedTerm] { analyzer.weightedCounts(of: document) }

    /// Returns the weights of the query's terms.
    public func encode(query: String) -> [WeightedTerm] { analyzer.weightedCounts(of: query) }
}

extension Analyzer {
    fileprivate func weightedCounts(of text: String) -> [WeightedTerm] {
        counts(of: text).map { WeightedTerm($0.key.text, Float($0.value)) }
            .sorted { $0.term.utf8.lexicographicallyPrecedes($1.term.utf8) }
    }
}

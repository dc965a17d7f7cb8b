public import SparseInterchange
public import SparseStore

/// Encodes queries of learned sparse models that need no model for queries: each distinct WordPiece of the query gets
/// its weight from a table (Geng et al., "Towards Competitive Search Relevance For Inference-Free Learned Sparse
/// Retrievers", 2024).
///
/// Documents are encoded elsewhere with the model, and loaded as vectors. Special tokens, including the unknown token,
/// have no text and are left out.
///
///     let encoder = try InferenceFreeEncoder(
///         tokenizer: WordPieceTokenizer(path: "tokenizer.json"), table: WeightTableFile(path: "idf.json"))
///     let page = try store.search(Query(terms: encoder.encode(query: "small engines")))
public struct InferenceFreeEncoder: TextEncoder {
    /// The tokenizer of queries.
    public let wordPiece: WordPieceTokenizer
    /// The weights by token number; nil to use the document frequencies of the searched store.
    private let weights: [Float]?

    /// The description that a store records when documents are loaded.
    public let description: EncoderDescription
    /// The tokenizer, which also locates terms in a text.
    public var tokenizer: any TextTokenizer { wordPiece }
    /// The weighting of query terms in a search.
    public var weighting: Weighting { weights == nil ? .corpusIDF : .none }

    /// Creates an encoder.
    ///
    /// - Parameters:
    ///   - tokenizer: The tokenizer of queries.
    ///   - table: The model's `idf.json` by token, or a Float32 for each token number. If nil, each token is weighted
    ///     by the document frequencies of the searched store.
    /// - Throws: `invalidArgument` if a table by number does not have one weight for each token.
    public init(tokenizer: WordPieceTokenizer, table: WeightTableFile?) throws(SparseStoreError) {
        wordPiece = tokenizer
        weights = try Self.weights(tokenizer, table)
        description = Self.describe(tokenizer, weights)
    }

    /// The weights of the table by token number.
    private static func weights(
        _ tokenizer: WordPieceTokenizer, _ table: WeightTableFile?
    ) throws(SparseStoreError) -> [Float]? {
        switch table {
        case nil: return nil
        case .byNumber(let weights):
            guard weights.count == tokenizer.tokens.count else {
                throw SparseStoreError(
                    .invalidArgument,
                    problem: "the table has \(weights.count) weights, but the vocabulary has "
                        + "\(tokenizer.tokens.count) tokens",
                    remedy: "use two files of the same model")
            }
            return weights
        case .byName(let terms):
            var weights = [Float](repeating: 0, count: tokenizer.tokens.count)
            for term in terms {
                if let number = tokenizer.number(of: term.term) { weights[number] = term.weight }
            }
            guard weights.contains(where: { $0 > 0 }) else {
                throw SparseStoreError(
                    .invalidArgument, problem: "the table has no weight for any token of the vocabulary",
                    remedy: "use two files of the same model")
            }
            return weights
        }
    }

    /// Hashes the tokens, the treatment of case and accents, and the table.
    private static func describe(_ tokenizer: WordPieceTokenizer, _ weights: [Float]?) -> EncoderDescription {
        var others = Array(tokenizer.settingsSummary.utf8)
        for weight in weights ?? [] { withUnsafeBytes(of: weight.bitPattern.littleEndian) { others += $0 } }
        let table = weights == nil ? "weighted by the store's document frequencies" : "weighted by a table"
        return EncoderDescription(
            name: "wordpiece", fingerprint: Vocabulary.fingerprint(tokenizer.tokens, others),
            parameters: "\(tokenizer.tokens.count) tokens, \(tokenizer.settingsSummary), \(table)")
    }

    /// - Throws: `invalidArgument`, always: documents of such a model are encoded elsewhere.
    public func encode(document: String) throws(SparseStoreError) -> [WeightedTerm] {
        throw SparseStoreError(
            .invalidArgument, problem: "an inference-free encoder only encodes queries",
            remedy: "encode documents with the model and load their vectors")
    }

    /// Returns the weights of the query's terms.
    public func encode(query: String) -> [WeightedTerm] {
        var seen: Set<Int> = []
        return wordPiece.numbers(in: query).compactMap { number in
            guard seen.insert(number).inserted, !wordPiece.isSpecial(number), number != wordPiece.unknown else {
                return nil
            }
            let weight = weights?[number] ?? 1
            return weight > 0 ? WeightedTerm(wordPiece.tokens[number], weight) : nil
        }
    }
}

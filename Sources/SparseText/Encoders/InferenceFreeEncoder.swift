public import SparseInterchange
public import SparseStore

/// Queries for learned sparse models whose query side needs no model: each different WordPiece of the query, weighted by a
/// table (Geng et al., "Towards Competitive Search Relevance For Inference-Free Learned Sparse Retrievers", 2024).
///
/// Documents are encoded by the model, elsewhere, and loaded as vectors. Special tokens, the unknown one among them, have
/// no text and are left out.
///
///     let encoder = try InferenceFreeEncoder(
///         tokenizer: WordPieceTokenizer(path: "tokenizer.json"), table: WeightTableFile(path: "idf.json"))
///     let page = try store.search(Query(terms: encoder.encode(query: "small engines")))
public struct InferenceFreeEncoder: TextEncoder {
    /// What cuts the queries.
    public let wordPiece: WordPieceTokenizer
    /// By token number; nil for the document frequencies of the store that is searched.
    private let weights: [Float]?

    /// What a store that it fills remembers.
    public let description: EncoderDescription
    /// What cuts the texts; it says where terms stand.
    public var tokenizer: any TextTokenizer { wordPiece }
    /// What multiplies a query's weights when it is searched for.
    public var weighting: Weighting { weights == nil ? .corpusIDF : .none }

    /// Makes an encoder.
    ///
    /// - Parameters:
    ///   - tokenizer: what cuts the texts.
    ///   - table: the model's `idf.json` by token, or a Float32 for each token number; nil weighs each token by the document
    ///     frequencies of the store that is searched.
    /// - Throws: `invalidArgument` for a table by number that has not one weight for each token.
    public init(tokenizer: WordPieceTokenizer, table: WeightTableFile?) throws(SparseStoreError) {
        wordPiece = tokenizer
        weights = try Self.weights(tokenizer, table)
        description = Self.describe(tokenizer, weights)
    }

    /// The table's weights by token number.
    private static func weights(
        _ tokenizer: WordPieceTokenizer, _ table: WeightTableFile?
    ) throws(SparseStoreError) -> [Float]? {
        switch table {
        case nil: return nil
        case .byNumber(let weights):
            guard weights.count == tokenizer.tokens.count else {
                throw SparseStoreError(
                    .invalidArgument,
                    "the table has \(weights.count) weights and the vocabulary \(tokenizer.tokens.count) tokens; "
                        + "give the two files of one model")
            }
            return weights
        case .byName(let terms):
            var weights = [Float](repeating: 0, count: tokenizer.tokens.count)
            for term in terms {
                if let number = tokenizer.number(of: term.term) { weights[number] = term.weight }
            }
            guard weights.contains(where: { $0 > 0 }) else {
                throw SparseStoreError(
                    .invalidArgument, "the table weighs no token of the vocabulary; give the two files of one model")
            }
            return weights
        }
    }

    /// The tokens, whether letters keep their case and marks, and the table.
    private static func describe(_ tokenizer: WordPieceTokenizer, _ weights: [Float]?) -> EncoderDescription {
        var others = Array(tokenizer.settingsSummary.utf8)
        for weight in weights ?? [] { withUnsafeBytes(of: weight.bitPattern.littleEndian) { others += $0 } }
        let table = weights == nil ? "weighted by the store's document frequencies" : "weighted by a table"
        return EncoderDescription(
            name: "wordpiece", fingerprint: Vocabulary.fingerprint(tokenizer.tokens, others),
            parameters: "\(tokenizer.tokens.count) tokens, \(tokenizer.settingsSummary), \(table)")
    }

    /// - Throws: `invalidArgument`, always: the documents of such a model are encoded elsewhere.
    public func encode(document: String) throws(SparseStoreError) -> [WeightedTerm] {
        throw SparseStoreError(
            .invalidArgument,
            "an inference-free encoder encodes queries only; encode documents with the model and load their vectors")
    }

    /// The weights of the query's terms.
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

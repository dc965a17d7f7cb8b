public import SparseStore

/// Turns texts into sparse vectors. Documents and queries may be encoded in different ways.
///
/// An encoder that runs synchronously is a ``TextEncoder``; a model behind a service is not.
public protocol SparseEncoder: Sendable {
    /// The description that a store records, so that it can refuse queries of other encoders.
    var description: EncoderDescription { get }

    /// Returns the vectors of documents, in order; an empty vector for a text without terms.
    func encode(documents: [String]) async throws -> [[WeightedTerm]]
    /// Returns the vectors of queries, in order; an empty vector for a text without terms.
    func encode(queries: [String]) async throws -> [[WeightedTerm]]
}

/// A sparse encoder that runs synchronously, because it calls no service.
public protocol TextEncoder: SparseEncoder {
    /// The tokenizer, which also locates terms in a text.
    var tokenizer: any TextTokenizer { get }
    /// The weighting of query terms in a search.
    var weighting: Weighting { get }

    /// Returns the vector of a document; empty if the text has no terms.
    func encode(document: String) throws(SparseStoreError) -> [WeightedTerm]
    /// Returns the vector of a query; empty if the text has no terms.
    func encode(query: String) throws(SparseStoreError) -> [WeightedTerm]
}

extension TextEncoder {
    /// The weighting of query terms in a search.
    public var weighting: Weighting { .none }

    /// Returns the vectors of documents, in order.
    public func encode(documents: [String]) async throws -> [[WeightedTerm]] {
        try documents.map { try encode(document: $0) }
    }

    /// Returns the vectors of queries, in order.
    public func encode(queries: [String]) async throws -> [[WeightedTerm]] { try queries.map { try encode(query: $0) } }
}

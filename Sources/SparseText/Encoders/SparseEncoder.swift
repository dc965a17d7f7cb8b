public import SparseStore

/// Turns texts into sparse vectors. Documents and queries may be encoded in different ways.
///
/// An encoder that answers at once is a ``TextEncoder``; a model behind a service is not.
public protocol SparseEncoder: Sendable {
    /// What a store that it fills remembers, to refuse the queries of others.
    var description: EncoderDescription { get }

    /// The vectors of documents, in their order; an empty one where a text has no terms.
    func encode(documents: [String]) async throws -> [[WeightedTerm]]
    /// The vectors of queries, in their order; an empty one where a text has no terms.
    func encode(queries: [String]) async throws -> [[WeightedTerm]]
}

/// A sparse encoder that needs nothing but the processor, and so answers at once.
public protocol TextEncoder: SparseEncoder {
    /// What cuts the texts; it says where terms stand.
    var tokenizer: any TextTokenizer { get }
    /// What multiplies the weights of a query when it is searched for.
    var weighting: Weighting { get }

    /// The vector of a document; empty when the text has no terms.
    func encode(document: String) throws(SparseStoreError) -> [WeightedTerm]
    /// The vector of a query; empty when the text has no terms.
    func encode(query: String) throws(SparseStoreError) -> [WeightedTerm]
}

extension TextEncoder {
    /// What multiplies a query's weights when it is searched for.
    public var weighting: Weighting { .none }

    /// The vectors of documents, one after the other.
    public func encode(documents: [String]) async throws -> [[WeightedTerm]] {
        try documents.map { try encode(document: $0) }
    }

    /// The vectors of queries, one after the other.
    public func encode(queries: [String]) async throws -> [[WeightedTerm]] { try queries.map { try encode(query: $0) } }
}

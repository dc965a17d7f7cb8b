public import SparseStore

/// One query of a file of queries.
public struct QueryRecord: Sendable, Hashable {
    /// The query's id: what judgements and runs call it.
    public let id: String
    /// The query; nil when it has no weight above zero, so that nothing can match it.
    public let query: Query?
    /// What a person would read, where the file says it.
    public let text: String?
    /// Token vectors to rerank by, where the file has them.
    public let multivector: Multivector?

    /// A query called `id`.
    public init(id: String, query: Query?, text: String? = nil, multivector: Multivector? = nil) {
        self.id = id
        self.query = query
        self.text = text
        self.multivector = multivector
    }
}

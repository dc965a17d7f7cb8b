public import SparseStore

/// One query of a file of queries.
public struct QueryRecord: Sendable, Hashable {
    /// The query's id: what judgements and runs call it.
    public let id: String
    /// The query; nil when it has no weight, so that nothing can match it.
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

    /// Whether id and text have the same bytes, and all else is equal.
    public static func == (a: QueryRecord, b: QueryRecord) -> Bool {
        TextKey(a.id) == TextKey(b.id) && a.query == b.query && a.text.map { TextKey($0) } == b.text.map { TextKey($0) }
            && a.multivector == b.multivector
    }

    /// Feeds the id's bytes to the hasher.
    public func hash(into hasher: inout Hasher) { hasher.combine(TextKey(id)) }
}

extension QueryRecord {
    /// The query that a line of JSON Lines holds.
    init(_ document: Document) {
        let query: Query? =
            switch document.content {
            case .terms(let terms): terms.isEmpty ? nil : Query(terms: terms)
            case .vector(let vector): Query(vector: vector)
            }
        self.init(
            id: document.id, query: query, text: document.payload.map { String(decoding: $0, as: UTF8.self) },
            multivector: document.multivector)
    }
}

public import SparseStore

/// One query of a file of queries.
public struct QueryRecord: Sendable, Hashable {
    /// The id of the query, as used in judgments and runs.
    public let id: String
    /// The query; nil if it has no weight, so that nothing can match it.
    public let query: Query?
    /// The text of the query, if the file has it.
    public let text: String?
    /// The token vectors for reranking, if the file has them.
    public let multivector: Multivector?

    /// Creates a query with an id.
    public init(id: String, query: Query?, text: String? = nil, multivector: Multivector? = nil) {
        self.id = id
        self.query = query
        self.text = text
        self.multivector = multivector
    }

    /// Whether id and text have the same bytes, and all other properties are equal.
    public static func == (a: QueryRecord, b: QueryRecord) -> Bool {
        TextKey(a.id) == TextKey(b.id) && a.query == b.query && a.text.map { TextKey($0) } == b.text.map { TextKey($0) }
            && a.multivector == b.multivector
    }

    /// Feeds the id's bytes to the hasher.
    public func hash(into hasher: inout Hasher) { hasher.combine(TextKey(id)) }
}

extension QueryRecord {
    /// Parses the query of a line of JSON Lines.
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

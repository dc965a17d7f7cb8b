public import SparseFormat

/// What a store keeps under one identifier: a sparse vector, and what the caller wants back with it.
public struct Document: Sendable, Hashable {
    /// A sparse vector by strings or by numbers.
    public typealias Content = SparseContent

    /// The caller's name for the document: 1 to `Limits.maximumIdentifierBytes` bytes of UTF-8.
    public var id: String
    /// The sparse vector: 1 to `Limits.maximumTermsPerVector` components, each weight within `Limits.weights`.
    public var content: Content
    /// Bytes returned with the document, at most `Limits.maximumPayloadBytes`; the store does not look into them.
    public var payload: [UInt8]?
    /// Labels that a search can filter by: at most `Limits.maximumTagsPerDocument`, each 1 to
    /// `Limits.maximumTagBytes` bytes of UTF-8.
    public var tags: [String]
    /// Token vectors to rerank by, all of the dimension of the store's first ones.
    public var multivector: Multivector?

    /// Makes a document with string terms, as a dictionary literal writes them. A term that stands twice is refused when
    /// the document is written.
    public init(
        id: String, terms: KeyValuePairs<String, Float>, payload: [UInt8]? = nil, tags: [String] = [],
        multivector: Multivector? = nil
    ) {
        self.init(
            id: id, terms: terms.map { WeightedTerm($0.key, $0.value) }, payload: payload, tags: tags,
            multivector: multivector)
    }

    // Generic and disfavored, so that a literal does not become a dictionary: two spellings of a text would end the process.
    /// Makes a document with the string terms of a dictionary.
    @_disfavoredOverload
    public init(
        id: String, terms: some Sequence<(key: String, value: Float)>, payload: [UInt8]? = nil, tags: [String] = [],
        multivector: Multivector? = nil
    ) {
        self.init(
            id: id, terms: terms.map { WeightedTerm($0.key, $0.value) }, payload: payload, tags: tags,
            multivector: multivector)
    }

    /// Makes a document with string terms; a term that stands twice is refused when the document is written.
    public init(
        id: String, terms: [WeightedTerm], payload: [UInt8]? = nil, tags: [String] = [],
        multivector: Multivector? = nil
    ) {
        self.id = id
        self.content = .terms(terms)
        self.payload = payload
        self.tags = tags
        self.multivector = multivector
    }

    /// Makes a document over the caller's own term numbers.
    public init(
        id: String, vector: SparseVector, payload: [UInt8]? = nil, tags: [String] = [],
        multivector: Multivector? = nil
    ) {
        self.id = id
        self.content = .vector(vector)
        self.payload = payload
        self.tags = tags
        self.multivector = multivector
    }
}

// Identifiers and tags are bytes in a store, so that documents are equal when these are.
extension Document {
    /// Whether identifiers, terms and tags have the same bytes, and all else is equal.
    public static func == (a: Document, b: Document) -> Bool {
        TextKey(a.id) == TextKey(b.id) && a.content == b.content && a.payload == b.payload
            && a.tags.map { TextKey($0) } == b.tags.map { TextKey($0) } && a.multivector == b.multivector
    }

    /// Feeds the identifier's bytes to the hasher.
    public func hash(into hasher: inout Hasher) { hasher.combine(TextKey(id)) }
}

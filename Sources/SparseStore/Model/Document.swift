public import SparseFormat

/// A document of a store: an identifier, a sparse vector, and the data that is stored with it.
///
/// A document may have no vector. It is stored like any other and found by its identifier and by filters, in lists,
/// counts, and facets, but no search returns it.
///
/// ```swift
/// try transaction.upsert(Document(id: "draft", payload: json, tags: ["new"]))
/// ```
public struct Document: Sendable, Hashable {
    /// A sparse vector whose terms are strings or numbers.
    public typealias Content = SparseContent

    /// The unique identifier: 1 to `Limits.maximumIdentifierBytes` bytes of UTF-8.
    public var id: String
    /// The sparse vector: 1 to `Limits.maximumTermsPerVector` components, each weight within `Limits.weights`. Nil for
    /// a document without a vector. Writing a vector without components throws an error.
    public var content: Content?
    /// Bytes returned with the document, at most `Limits.maximumPayloadBytes`. The store does not interpret them.
    public var payload: [UInt8]?
    /// Labels for filters: at most `Limits.maximumTagsPerDocument`, each 1 to `Limits.maximumTagBytes` bytes of UTF-8.
    public var tags: [String]
    /// Named values for filters, groups, and orders: at most `Limits.maximumAttributesPerDocument`. A name has 1 to
    /// `Limits.maximumAttributeNameBytes` bytes of UTF-8. All values of a name in a store have the same type, which the
    /// first document with that name determines.
    public var attributes: [String: AttributeValue]
    /// Token vectors for reranking. Their dimension must match that of the other token vectors of the store.
    public var multivector: Multivector?

    /// Creates a document with string terms from a dictionary literal. Writing a document with duplicate terms throws
    /// an error.
    public init(
        id: String, terms: KeyValuePairs<String, Float>, payload: [UInt8]? = nil, tags: [String] = [],
        attributes: [String: AttributeValue] = [:], multivector: Multivector? = nil
    ) {
        self.init(
            id: id, terms: terms.map { WeightedTerm($0.key, $0.value) }, payload: payload, tags: tags,
            attributes: attributes, multivector: multivector)
    }

    // Generic and disfavored, so that a literal does not become a dictionary: two spellings of a text would end the
    // process.
    /// Creates a document with the string terms of a dictionary.
    @_disfavoredOverload
    public init(
        id: String, terms: some Sequence<(key: String, value: Float)>, payload: [UInt8]? = nil, tags: [String] = [],
        attributes: [String: AttributeValue] = [:], multivector: Multivector? = nil
    ) {
        self.init(
            id: id, terms: terms.map { WeightedTerm($0.key, $0.value) }, payload: payload, tags: tags,
            attributes: attributes, multivector: multivector)
    }

    /// Creates a document with string terms. Writing a document with duplicate terms throws an error.
    public init(
        id: String, terms: [WeightedTerm], payload: [UInt8]? = nil, tags: [String] = [],
        attributes: [String: AttributeValue] = [:], multivector: Multivector? = nil
    ) {
        self.id = id
        self.content = .terms(terms)
        self.payload = payload
        self.tags = tags
        self.attributes = attributes
        self.multivector = multivector
    }

    /// Creates a document without a vector.
    public init(
        id: String, payload: [UInt8]? = nil, tags: [String] = [], attributes: [String: AttributeValue] = [:],
        multivector: Multivector? = nil
    ) {
        self.id = id
        self.content = nil
        self.payload = payload
        self.tags = tags
        self.attributes = attributes
        self.multivector = multivector
    }

    /// Creates a document whose terms are numbers chosen by the caller.
    public init(
        id: String, vector: SparseVector, payload: [UInt8]? = nil, tags: [String] = [],
        attributes: [String: AttributeValue] = [:], multivector: Multivector? = nil
    ) {
        self.id = id
        self.content = .vector(vector)
        self.payload = payload
        self.tags = tags
        self.attributes = attributes
        self.multivector = multivector
    }
}

// Identifiers and tags are bytes in a store, so that documents are equal when these are.
extension Document {
    /// Returns whether two documents are equal. Identifiers, terms, and tags are compared by their bytes.
    public static func == (a: Document, b: Document) -> Bool {
        TextKey(a.id) == TextKey(b.id) && a.content == b.content && a.payload == b.payload
            && a.tags.map { TextKey($0) } == b.tags.map { TextKey($0) } && a.hasSameAttributes(as: b)
            && a.multivector == b.multivector
    }

    /// Hashes the bytes of the identifier.
    public func hash(into hasher: inout Hasher) { hasher.combine(TextKey(id)) }

    private func hasSameAttributes(as other: Document) -> Bool {
        let (fields, others) = (
            DocumentFields(tags: [], attributes: attributes), DocumentFields(tags: [], attributes: other.attributes)
        )
        return fields.isSame(as: others)
    }
}

/// The part of a document that can be changed without rewriting its vector.
public struct DocumentFields: Sendable, Hashable {
    /// Labels for filters. See ``Document/tags``.
    public var tags: [String]
    /// Named values for filtering, grouping, and sorting. See ``Document/attributes``.
    public var attributes: [String: AttributeValue]

    init(tags: [String], attributes: [String: AttributeValue]) {
        self.tags = tags
        self.attributes = attributes
    }

    /// Returns whether both are stored as the same bytes, except for the order of tags. Unlike `==`, this distinguishes
    /// canonically equivalent strings, as the store does.
    func isSame(as other: DocumentFields) -> Bool {
        func bytes(_ tags: [String]) -> [[UInt8]] {
            tags.map { Array($0.utf8) }.sorted { $0.lexicographicallyPrecedes($1) }
        }
        func ascending(_ attributes: [String: AttributeValue]) -> [(name: [UInt8], value: AttributeValue)] {
            attributes.map { (Array($0.key.utf8), $0.value) }.sorted { $0.name.lexicographicallyPrecedes($1.name) }
        }
        return bytes(tags) == bytes(other.tags)
            && ascending(attributes).elementsEqual(ascending(other.attributes)) {
                $0.name == $1.name && $0.value.isSame(as: $1.value)
            }
    }
}

extension AttributeValue {
    /// Returns whether both are stored as the same bytes.
    func isSame(as other: AttributeValue) -> Bool {
        switch (self, other) {
        case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
        case (.strings(let a), .strings(let b)): a.elementsEqual(b) { $0.utf8.elementsEqual($1.utf8) }
        case (.number(let a), .number(let b)): a.bitPattern == b.bitPattern
        default: self == other
        }
    }
}

/// A sparse vector whose terms are strings or numbers.
///
/// A store holds one of the two kinds. The first document with a vector determines which one, and the other kind then
/// throws ``SparseStoreError/Code/termSpaceMismatch``.
public enum SparseContent: Sendable, Hashable {
    /// Components named by strings. The store's vocabulary numbers them.
    case terms([WeightedTerm])
    /// Components named by numbers that the caller chooses.
    case vector(SparseVector)
}

/// A component of a sparse vector whose term is a string.
public struct WeightedTerm: Sendable, Hashable {
    /// The term, 1 to `Limits.maximumTermBytes` bytes of UTF-8.
    public var term: String
    /// The weight, finite and within `Limits.weights`.
    public var weight: Float

    /// Creates a component. It is validated when a document or query that contains it is used.
    public init(_ term: String, _ weight: Float) {
        self.term = term
        self.weight = weight
    }

    /// Returns whether the terms have the same bytes and the weights are equal.
    public static func == (a: WeightedTerm, b: WeightedTerm) -> Bool {
        a.weight == b.weight && TextKey(a.term) == TextKey(b.term)
    }

    /// Hashes the bytes of the term and the weight.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(TextKey(term))
        hasher.combine(weight)
    }
}

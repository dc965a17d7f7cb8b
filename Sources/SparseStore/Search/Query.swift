public import SparseFormat

/// A sparse query. Documents are scored by their inner product with it.
///
/// A query can be a dictionary literal: `["swift": 1.2, "storage": 0.4]`. Weights must be finite, and their magnitudes
/// within `Limits.weights`. Terms that no document has are ignored. A negative weight lowers the score of the documents
/// that have the term: `["swift": 2, "taylor": -1]`. A search returns only documents with a score above 0.
public struct Query: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// The components of a query, by strings or by numbers.
    public enum Content: Sendable, Hashable {
        /// Components named by strings, with weights of either sign.
        case terms([WeightedTerm])
        /// A vector whose terms are numbers chosen by the caller.
        case vector(SparseVector)
        /// Weights of either sign, by term numbers chosen by the caller.
        case numbers([TermID: Float])
    }

    /// The components of the query. There are at most `Limits.maximumQueryTerms`.
    public var content: Content
    /// The identifiers of documents whose mean vector is added to the components, at most 1,000. The search does not
    /// return these documents.
    public var like: [String] = []
    /// The identifiers of documents whose mean vector is subtracted from the components, at most 1,000. The search does
    /// not return these documents.
    public var unlike: [String] = []

    /// Creates a query from components of any kind.
    public init(content: Content) { self.content = content }

    /// Creates a query with string terms from a dictionary literal. Searching with duplicate terms throws an error.
    public init(terms: KeyValuePairs<String, Float>) {
        content = .terms(terms.map { WeightedTerm($0.key, $0.value) })
    }

    // Generic and disfavored, so that a literal does not become a dictionary: two spellings of a text would end the
    // process.
    /// Creates a query with the string terms of a dictionary.
    @_disfavoredOverload
    public init(terms: some Sequence<(key: String, value: Float)>) {
        content = .terms(terms.map { WeightedTerm($0.key, $0.value) })
    }

    /// Creates a query with string terms. Searching with duplicate terms throws an error.
    public init(terms: [WeightedTerm]) {
        content = .terms(terms)
    }

    /// Creates a query whose terms are numbers chosen by the caller.
    public init(vector: SparseVector) {
        content = .vector(vector)
    }

    /// Creates a query whose terms are numbers chosen by the caller, with weights of either sign.
    public init(numbers: [TermID: Float]) {
        content = .numbers(numbers)
    }

    /// Creates a query with string terms from a dictionary literal.
    public init(dictionaryLiteral elements: (String, Float)...) {
        content = .terms(elements.map { WeightedTerm($0.0, $0.1) })
    }

    /// Returns a query for documents that are similar to `ids` and dissimilar to `others`. Its vector is the mean
    /// vector of `ids` minus the mean vector of `others`, in the snapshot that is searched. The search does not return
    /// these documents.
    ///
    ///     let more = try store.search(.similar(to: ["news/42"], unlike: ["news/7"]), limit: 10)
    ///
    /// The search throws `notFound` if one of the documents does not exist.
    ///
    /// - Parameters:
    ///   - ids: The identifiers of similar documents, at most 1,000.
    ///   - others: The identifiers of dissimilar documents, at most 1,000.
    public static func similar(to ids: [String], unlike others: [String] = []) -> Query {
        var query = Query(terms: [WeightedTerm]())
        query.like = ids
        query.unlike = others
        return query
    }

    /// A filter for the example documents, which the search excludes; nil if there are none.
    var examples: Filter? { like.isEmpty && unlike.isEmpty ? nil : .ids(like + unlike) }
}

// Documents of several fields, such as a title and a body. The fields share one vocabulary: the term "swift" of the
// field "title" is stored as "title:swift". A query names its terms once and gives each field a weight.

/// The names of terms in fields.
enum FieldTerms {
    /// The separator between the name of a field and a term.
    static let separator: Character = ":"

    /// Returns the stored name of a term in a field.
    static func name(_ term: String, in field: String) -> String { field + String(separator) + term }

    /// - Throws: `invalidArgument` for a field name that is empty or contains the separator.
    static func check(_ fields: some Sequence<String>) throws(SparseStoreError) {
        for field in fields where field.isEmpty || field.contains(separator) {
            throw SparseStoreError(
                .invalidArgument, problem: "the field name '\(field)' is not valid",
                remedy: "use at least one character and no '\(separator)'")
        }
    }
}

extension Document {
    /// Creates a document with several fields, each with its own terms.
    ///
    ///     try Document(id: "d1", fields: ["title": ["swift": 2.1], "body": ["swift": 0.7, "storage": 1.4]])
    ///
    /// The term "swift" of the field "title" is stored as the term "title:swift". Search with `Query(terms:fields:)`.
    ///
    /// - Throws: `invalidArgument` for a field name that is empty or contains a colon.
    public init(
        id: String, fields: [String: [String: Float]], payload: [UInt8]? = nil, tags: [String] = [],
        attributes: [String: AttributeValue] = [:], multivector: Multivector? = nil
    ) throws(SparseStoreError) {
        try FieldTerms.check(fields.keys)
        let terms = fields.flatMap { field, terms in
            terms.map { WeightedTerm(FieldTerms.name($0.key, in: field), $0.value) }
        }
        self.init(
            id: id, terms: terms, payload: payload, tags: tags, attributes: attributes, multivector: multivector)
    }
}

extension Query {
    /// Creates a query for the same terms in several fields, each with its own weight.
    ///
    ///     try Query(terms: ["swift": 1.2, "storage": 0.4], fields: ["title": 2, "body": 1])
    ///
    /// The score of a document is the sum over the fields of the field's weight times the inner product of the terms
    /// with the document's terms in that field.
    ///
    /// - Throws: `invalidArgument` for a field name that is empty or contains a colon.
    public init(terms: [String: Float], fields: [String: Float]) throws(SparseStoreError) {
        try self.init(terms: terms.map { WeightedTerm($0.key, $0.value) }, fields: fields)
    }

    /// Creates a query for the same terms in several fields, each with its own weight. Searching with duplicate terms
    /// throws an error.
    ///
    /// - Throws: `invalidArgument` for a field name that is empty or contains a colon.
    public init(terms: [WeightedTerm], fields: [String: Float]) throws(SparseStoreError) {
        try FieldTerms.check(fields.keys)
        self.init(
            terms: fields.filter { $0.value != 0 }.flatMap { field, weight in
                terms.map { WeightedTerm(FieldTerms.name($0.term, in: field), $0.weight * weight) }
            })
    }
}

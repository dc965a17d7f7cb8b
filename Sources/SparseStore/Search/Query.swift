public import SparseFormat

/// A sparse query: what the inner product of each document is taken with.
///
/// A dictionary literal makes one: `["swift": 1.2, "storage": 0.4]`. Weights must be finite, and their magnitudes within
/// `Limits.weights`; a term no document has counts for nothing. A weight below 0 lowers the score of the documents that have
/// the term: `["swift": 2, "taylor": -1]`. Only documents that score above 0 are found.
public struct Query: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// The components of a query, by strings or by numbers.
    public enum Content: Sendable, Hashable {
        /// Components named by strings, with weights of either sign.
        case terms([WeightedTerm])
        /// A vector over the caller's own term numbers.
        case vector(SparseVector)
        /// Weights of either sign by the caller's own term numbers.
        case numbers([TermID: Float])
    }

    /// The components; at most `Limits.maximumQueryTerms`.
    public var content: Content
    /// Identifiers of documents whose mean vector is added to the components, at most 1,000. The search does not find these
    /// documents themselves.
    public var like: [String] = []
    /// Identifiers of documents whose mean vector is subtracted from the components, at most 1,000. The search does not
    /// find these documents either.
    public var unlike: [String] = []

    /// Makes a query of components of any kind.
    public init(content: Content) { self.content = content }

    /// Makes a query with string terms, as a dictionary literal writes them; a term that stands twice is refused when the
    /// query runs.
    public init(terms: KeyValuePairs<String, Float>) {
        content = .terms(terms.map { WeightedTerm($0.key, $0.value) })
    }

    // Generic and disfavored, so that a literal does not become a dictionary: two spellings of a text would end the process.
    /// Makes a query with the string terms of a dictionary.
    @_disfavoredOverload
    public init(terms: some Sequence<(key: String, value: Float)>) {
        content = .terms(terms.map { WeightedTerm($0.key, $0.value) })
    }

    /// Makes a query with string terms; a term that stands twice is refused when the query runs.
    public init(terms: [WeightedTerm]) {
        content = .terms(terms)
    }

    /// Makes a query over the caller's own term numbers.
    public init(vector: SparseVector) {
        content = .vector(vector)
    }

    /// Makes a query over the caller's own term numbers, with weights of either sign.
    public init(numbers: [TermID: Float]) {
        content = .numbers(numbers)
    }

    /// Makes a query with string terms.
    public init(dictionaryLiteral elements: (String, Float)...) {
        content = .terms(elements.map { WeightedTerm($0.0, $0.1) })
    }

    /// More like these documents, and less like those: the mean vector of `ids` less the mean vector of `others`, from the
    /// snapshot that is searched. The documents themselves are not found.
    ///
    ///     let more = try store.search(.similar(to: ["news/42"], unlike: ["news/7"]), limit: 10)
    ///
    /// A search for an identifier that no document has ends with `notFound`.
    ///
    /// - Parameters:
    ///   - ids: identifiers of documents, at most 1,000.
    ///   - others: identifiers of documents, at most 1,000.
    public static func similar(to ids: [String], unlike others: [String] = []) -> Query {
        var query = Query(terms: [WeightedTerm]())
        query.like = ids
        query.unlike = others
        return query
    }

    /// The documents that the query is made from and does not find; nil for none.
    var examples: Filter? { like.isEmpty && unlike.isEmpty ? nil : .ids(like + unlike) }

    /// Identifiers that `like` and `unlike` may have each.
    static let maximumExamples = 1_000
}

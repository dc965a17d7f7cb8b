public import SparseFormat

/// A sparse query: what the inner product of each document is taken with.
///
/// A dictionary literal makes one: `["swift": 1.2, "storage": 0.4]`. Weights must be finite and within
/// `Limits.weights`; a term no document has counts for nothing.
public struct Query: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    /// A sparse vector by strings or by numbers.
    public typealias Content = SparseContent

    /// The components; at most `Limits.maximumQueryTerms`.
    public var content: Content

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

    /// Makes a query with string terms.
    public init(dictionaryLiteral elements: (String, Float)...) {
        content = .terms(elements.map { WeightedTerm($0.0, $0.1) })
    }
}

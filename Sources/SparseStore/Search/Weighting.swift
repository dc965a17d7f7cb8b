internal import Platform
internal import SparseFormat

/// A factor that multiplies each query weight before the inner product.
///
/// Weighting the query gives the same inner product as weighting the documents. Unlike stored weights, the factors
/// never become stale.
public enum Weighting: Sendable, Hashable {
    /// The weighting of the store's encoder for a query in plain words, and ``none`` for a query vector.
    case automatic
    /// No factor. The query's weights are used unchanged (SPLADE).
    case none
    /// The factor ln(1 + (N - df + 0.5) / (df + 0.5)) from the statistics of the searched snapshot (Robertson and
    /// Sparck Jones, as in BM25).
    case corpusIDF
    /// A factor from a table that comes with the model.
    case table(WeightTable)
    /// The weighting of ``corpusIDF(over:)``.
    case filteredIDF(Filter)

    /// Returns a weighting like ``corpusIDF`` in which N and df count only the documents that a filter matches. Use it
    /// in a store shared by tenants whose vocabularies differ. The counts are exact; each search computes them from the
    /// posting lists of the query's terms.
    public static func corpusIDF(over filter: Filter) -> Weighting { .filteredIDF(filter) }

    /// Returns the inverse document frequency of a term that occurs in `frequency` of `documents` documents.
    static func inverseDocumentFrequency(_ frequency: Int, documents: Int) -> Float {
        let n = Double(documents)
        let df = Double(frequency)
        return Float(log1p((n - df + 0.5) / (df + 0.5)))
    }
}

/// A table of static term weights, such as the IDF table of an inference-free model.
///
/// A table is indexed by term number or by the term's string, and must match the kind of terms in the store. A table by
/// numbers is refused in a store with string terms, because such a store numbers its terms in the order of arrival.
public struct WeightTable: Sendable, Hashable {
    enum Entries: Hashable {
        case byNumber([Float])
        case byName([TextKey: Float])
    }

    let entries: Entries

    /// Creates a table from weights by term number. A term beyond the end has weight 0 and is dropped from the query.
    /// Each weight must be finite and at least 0.
    ///
    /// - Throws: ``SparseStoreError/Code/invalidArgument``, naming the first term with an invalid weight.
    public init(_ weights: [Float]) throws(SparseStoreError) {
        if let bad = weights.firstIndex(where: { !Self.isWeight($0) }) {
            throw SparseStoreError(
                .invalidArgument, problem: "the weight of term \(bad) in a weight table is \(weights[bad])",
                remedy: "use finite, non-negative weights")
        }
        entries = .byNumber(weights)
    }

    /// Creates a table from weights by string term. A missing term has weight 0 and is dropped from the query. Each
    /// weight must be finite and at least 0.
    ///
    /// - Throws: ``SparseStoreError/Code/invalidArgument``, naming the first term that has an invalid weight or is
    ///   duplicated.
    public init(terms: [WeightedTerm]) throws(SparseStoreError) {
        var weights = [TextKey: Float](minimumCapacity: terms.count)
        for term in terms {
            guard Self.isWeight(term.weight) else {
                throw SparseStoreError(
                    .invalidArgument, problem: "the weight of '\(term.term)' in a weight table is \(term.weight)",
                    remedy: "use finite, non-negative weights")
            }
            guard weights.updateValue(term.weight, forKey: TextKey(term.term)) == nil else {
                throw SparseStoreError(
                    .invalidArgument, problem: "the term '\(term.term)' appears twice in a weight table",
                    remedy: "give each term one weight")
            }
        }
        entries = .byName(weights)
    }

    private static func isWeight(_ weight: Float) -> Bool { weight.isFinite && weight >= 0 }
}

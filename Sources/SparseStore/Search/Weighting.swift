#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// What multiplies each query weight before the inner product is taken.
///
/// Multiplying the query is the same inner product as weighting the documents, and never goes stale.
public enum Weighting: Sendable, Hashable {
    /// Nothing: the query's own weights count (SPLADE).
    case none
    /// ln(1 + (N - df + 0.5) / (df + 0.5)) from the statistics of the snapshot that is searched
    /// (Robertson and Sparck Jones, as in BM25).
    case corpusIDF
    /// A table that came with the model.
    case table(WeightTable)
    /// What ``corpusIDF(over:)`` makes.
    case filteredIDF(Filter)

    /// The same formula as ``corpusIDF``, where N and df count only the documents that a filter lets through: for a store
    /// that several tenants share, whose words are not equally common. The counts are exact; each search counts them anew
    /// from the posting lists of the query's terms.
    public static func corpusIDF(over filter: Filter) -> Weighting { .filteredIDF(filter) }

    /// The inverse document frequency of a term that `frequency` of `documents` documents have.
    static func inverseDocumentFrequency(_ frequency: Int, documents: Int) -> Float {
        let n = Double(documents)
        let df = Double(frequency)
        return Float(log1p((n - df + 0.5) / (df + 0.5)))
    }
}

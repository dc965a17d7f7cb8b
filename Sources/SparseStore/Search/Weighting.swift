#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

/// A factor that multiplies each query weight before the inner product.
///
/// Multiplying the query's weights gives the same inner product as multiplying the documents' weights, and never
/// becomes stale.
public enum Weighting: Sendable, Hashable {
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

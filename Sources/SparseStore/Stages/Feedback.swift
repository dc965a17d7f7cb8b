internal import SparseFormat

/// Relevance feedback: the query is moved towards documents that are taken to be relevant, and asked again.
///
/// Rocchio ("Relevance Feedback in Information Retrieval", 1971), all vectors weighted like the query and brought to unit
/// length: q + weight x mean(relevant) - nonRelevantWeight x mean(nonRelevant). Of what the documents bring, the `terms`
/// heaviest terms are kept; no weight falls under 0. The query's own length stays: its weights are added to.
public struct Feedback: Sendable, Hashable {
    /// Where the relevant documents come from.
    public enum Source: Sendable, Hashable {
        /// The best documents of the stage before: pseudo-relevance feedback. 1...1,000.
        case best(Int)
        /// Documents that somebody has judged; those that do not exist are left out and counted in the report.
        case judged(relevant: [String], nonRelevant: [String] = [])
    }

    /// Where the relevant documents come from.
    public var source: Source
    /// How many terms the documents bring at the most, 1...10,000.
    public var terms: Int
    /// How much the relevant documents count beside the query, 0...100; Rocchio's beta for an alpha of 1. With 0, and
    /// nothing judged not to be relevant, the ranking stays as it is.
    public var weight: Float
    /// How much documents that are not relevant count, 0...100; Rocchio's gamma.
    public var nonRelevantWeight: Float
    /// How the ranking before and the new one become one; nil for the new one alone. Both ways to score are applied to
    /// every document of the two.
    public var interpolation: Fusion?

    /// Feedback from the best three documents, with twenty terms at a fifth of the query's weight: the gentlest that was
    /// measured (Benchmarks/RESULTS.md). Whether more helps depends on the model and the collection.
    public init(
        _ source: Source = .best(3), terms: Int = 20, weight: Float = 0.2, nonRelevantWeight: Float = 0.15,
        interpolation: Fusion? = nil
    ) {
        self.source = source
        self.terms = terms
        self.weight = weight
        self.nonRelevantWeight = nonRelevantWeight
        self.interpolation = interpolation
    }

    /// Documents and identifiers that feedback may come from.
    static let maximumDocuments = 1_000

    /// - Throws: `invalidArgument` for a parameter outside its range, `limitExceeded` for too many identifiers.
    func check() throws(SparseStoreError) {
        switch source {
        case .best(let count):
            guard (1...Self.maximumDocuments).contains(count) else {
                throw SparseStoreError(
                    .invalidArgument, "feedback from \(count) documents; give 1...\(Self.maximumDocuments)")
            }
        case .judged(let relevant, let nonRelevant):
            guard relevant.count <= Self.maximumDocuments, nonRelevant.count <= Self.maximumDocuments else {
                throw SparseStoreError(
                    .limitExceeded,
                    "feedback from \(relevant.count) relevant and \(nonRelevant.count) other documents; "
                        + "the limit is \(Self.maximumDocuments) each")
            }
        }
        guard (1...10_000).contains(terms) else {
            throw SparseStoreError(.invalidArgument, "feedback of \(terms) terms; give 1...10000")
        }
        for weight in [weight, nonRelevantWeight] where !(0...100).contains(weight) {
            throw SparseStoreError(.invalidArgument, "the weight of feedback is \(weight); give 0...100")
        }
        try interpolation?.check()
    }
}

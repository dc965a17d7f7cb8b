internal import SparseFormat

/// Relevance feedback: moves the query toward documents that are assumed to be relevant, and searches again.
///
/// Uses Rocchio's method ("Relevance Feedback in Information Retrieval", 1971) on vectors that are weighted like the
/// query and scaled to unit length: q + weight x mean(relevant) - nonRelevantWeight x mean(nonRelevant). The `terms`
/// heaviest terms of the documents are kept, and no weight falls below 0. The query keeps its length: the terms are
/// added to its weights.
public struct Feedback: Sendable, Hashable {
    /// The source of the relevant documents.
    public enum Source: Sendable, Hashable {
        /// The best documents of the previous stage, 1...1,000 (pseudo-relevance feedback).
        case best(Int)
        /// Documents that were judged. Missing documents are ignored and counted in the report.
        case judged(relevant: [String], nonRelevant: [String] = [])
    }

    /// The source of the relevant documents.
    public var source: Source
    /// The maximum number of terms taken from the documents, 1...10,000.
    public var terms: Int
    /// The weight of the relevant documents relative to the query, 0...100; Rocchio's beta for an alpha of 1. With 0
    /// and no non-relevant documents, the ranking does not change.
    public var weight: Float
    /// The weight of the non-relevant documents, 0...100; Rocchio's gamma.
    public var nonRelevantWeight: Float
    /// The fusion of the previous and the new ranking; nil to use the new one alone. Every document of either ranking
    /// is scored in both ways.
    public var interpolation: Fusion?

    /// Creates feedback. By default, it takes twenty terms from the best three documents at a fifth of the query's
    /// weight, the weakest setting that was measured (Benchmarks/RESULTS.md). Whether a stronger one helps depends on
    /// the model and the collection.
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

    /// - Throws: `invalidArgument` for a parameter outside its range, `limitExceeded` for too many identifiers.
    func check() throws(SparseStoreError) {
        switch source {
        case .best(let count):
            guard (1...Limits.maximumQueryExamples).contains(count) else {
                throw SparseStoreError(
                    .invalidArgument, problem: "feedback uses \(count) documents",
                    remedy: "use 1...\(Limits.maximumQueryExamples)")
            }
        case .judged(let relevant, let nonRelevant):
            guard relevant.count <= Limits.maximumQueryExamples, nonRelevant.count <= Limits.maximumQueryExamples else {
                throw SparseStoreError(
                    .limitExceeded,
                    problem: "feedback has \(relevant.count) relevant and \(nonRelevant.count) other "
                        + "documents",
                    remedy: "use at most \(Limits.maximumQueryExamples) of each")
            }
        }
        guard (1...10_000).contains(terms) else {
            throw SparseStoreError(
                .invalidArgument, problem: "feedback uses \(terms) terms",
                remedy: "use 1...10000 terms")
        }
        for weight in [weight, nonRelevantWeight] where !(0...100).contains(weight) {
            throw SparseStoreError(
                .invalidArgument, problem: "the feedback weight is \(weight)",
                remedy: "use 0...100")
        }
        try interpolation?.check()
    }
}

/// A document's components, weighted like the query.
typealias WeightedComponents = ArraySlice<(TermID, Float)>

/// The computations of ``Feedback``.
struct Rocchio {
    let terms: Int
    let weight: Double
    let nonRelevantWeight: Double

    init(_ feedback: Feedback) {
        terms = feedback.terms
        weight = Double(feedback.weight)
        nonRelevantWeight = Double(feedback.nonRelevantWeight)
    }

    /// Returns the query expanded by the documents.
    func expand(
        _ query: ResolvedQuery, relevant: [WeightedComponents], nonRelevant: [WeightedComponents]
    ) -> ResolvedQuery {
        var shift = [TermID: Double](minimumCapacity: (relevant + nonRelevant).reduce(0) { $0 + $1.count })
        add(relevant, weight, to: &shift)
        add(nonRelevant, -nonRelevantWeight, to: &shift)
        let heaviest = shift.lazy.filter { $0.value > 0 }
            .sorted { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
            .prefix(terms)
        // The shift is in units of the query's length.
        let length = Self.length(query.weights.map(Double.init))
        var weights = Dictionary(uniqueKeysWithValues: zip(query.terms, query.weights.map(Double.init)))
        for (term, part) in heaviest { weights[term, default: 0] += length * part }
        for term in query.terms {
            if let part = shift[term], part < 0 { weights[term, default: 0] += length * part }
        }
        return ResolvedQuery(
            weights.compactMap { term, weight in
                let weight = Float(weight)
                return weight.isFinite && weight >= Limits.weights.lowerBound ? (term, weight) : nil
            })
    }

    /// Adds the mean of the documents at unit length, multiplied by a factor.
    private func add(_ documents: [WeightedComponents], _ factor: Double, to shift: inout [TermID: Double]) {
        for components in documents {
            let length = Self.length(components.map { Double($0.1) })
            guard length > 0 else { continue }
            let share = factor / (length * Double(documents.count))
            for (term, weight) in components { shift[term, default: 0] += share * Double(weight) }
        }
    }

    private static func length(_ weights: [Double]) -> Double {
        weights.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
}

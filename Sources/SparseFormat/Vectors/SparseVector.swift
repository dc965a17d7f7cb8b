/// A sparse vector: some terms, in strictly ascending order, each with a positive weight.
///
/// A value of this type always obeys the limits: 1...65,535 terms (``Limits/maximumTermsPerVector``), no term
/// twice, each weight inside ``Limits/weights``.
public struct SparseVector: Sendable, Hashable {
    /// The terms, strictly ascending.
    public let terms: [TermID]
    /// The weights; `weights[i]` belongs to `terms[i]`.
    public let weights: [Float]

    /// The number of terms: 1...65,535.
    public var count: Int { terms.count }

    /// Makes a vector from pairs of term and weight, in any order.
    /// - Parameter pairs: 1...65,535 pairs; no term twice; weights inside ``Limits/weights``.
    /// - Throws: ``VectorError`` with the rule that the pairs break.
    public init(_ pairs: some Sequence<(TermID, Float)>) throws(VectorError) {
        var terms: [TermID] = []
        var weights: [Float] = []
        terms.reserveCapacity(pairs.underestimatedCount)
        weights.reserveCapacity(pairs.underestimatedCount)
        for (term, weight) in pairs {
            terms.append(term)
            weights.append(weight)
        }
        try self.init(terms: terms, weights: weights)
    }

    /// Makes a vector from terms and their weights, sorting both by term when needed.
    /// - Parameters:
    ///   - terms: 1...65,535 terms in any order, none twice.
    ///   - weights: As many weights as terms, each inside ``Limits/weights``.
    /// - Throws: ``VectorError`` with the rule that the arrays break.
    public init(terms: [TermID], weights: [Float]) throws(VectorError) {
        guard terms.count == weights.count else { throw VectorError(.unequalCounts) }
        guard !terms.isEmpty else { throw VectorError(.empty) }
        guard terms.count <= Limits.maximumTermsPerVector else { throw VectorError(.tooManyTerms(terms.count)) }
        for (term, weight) in zip(terms, weights) where !Limits.weights.contains(weight) {
            throw VectorError(weight.isFinite ? .outOfRange(term, weight) : .nonFinite(term))
        }
        if zip(terms, terms.dropFirst()).allSatisfy({ $0 < $1 }) {
            self.terms = terms
            self.weights = weights
            return
        }
        let order = terms.indices.sorted { terms[$0] < terms[$1] }
        let sorted = order.map { terms[$0] }
        for (term, next) in zip(sorted, sorted.dropFirst()) where term == next {
            throw VectorError(.duplicateTerm(term))
        }
        self.terms = sorted
        self.weights = order.map { weights[$0] }
    }

    /// Takes arrays that are known to obey the rules above, such as those a decoder has just checked.
    package init(uncheckedTerms terms: [TermID], weights: [Float]) {
        self.terms = terms
        self.weights = weights
    }
}

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

    /// Creates a vector from (term, weight) pairs, in any order.
    /// - Parameter pairs: From 1 to 65,535 pairs with distinct terms. Weights must be in ``Limits/weights``.
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

    /// Creates a vector from terms and their weights. If the terms do not ascend, both are sorted by term.
    /// - Parameters:
    ///   - terms: From 1 to 65,535 distinct terms, in any order.
    ///   - weights: The weight of each term. Weights must be in ``Limits/weights``.
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

    /// The vector of a document that was stored without one.
    package static let empty = SparseVector(uncheckedTerms: [], weights: [])

    /// Takes arrays that are known to obey the rules above, such as those a decoder has just checked.
    package init(uncheckedTerms terms: [TermID], weights: [Float]) {
        self.terms = terms
        self.weights = weights
    }
}

/// One dimension of a sparse vector: an id of the store's vocabulary, or a number the caller assigned itself.
///
/// Every value of `UInt32` is a valid term.
public typealias TermID = UInt32

/// Why a sparse vector or a multivector was refused.
///
/// The message names the term or the token at fault and says what to change.
public struct VectorError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The rule that was broken.
    public enum Code: Sendable, Hashable {
        /// The vector has no term at all.
        case empty
        /// The two arrays differ in length.
        case unequalCounts
        /// The term occurs more than once.
        case duplicateTerm(TermID)
        /// The term's weight is NaN or infinite.
        case nonFinite(TermID)
        /// The term's weight lies outside ``Limits/weights``.
        case outOfRange(TermID, Float)
        /// The vector has this many terms, more than ``Limits/maximumTermsPerVector``.
        case tooManyTerms(Int)
        /// The multivector has no token vector at all.
        case noTokens
        /// The multivector has this many token vectors, more than ``Limits/maximumTokensPerMultivector``.
        case tooManyTokens(Int)
        /// The token vectors differ in length.
        case unequalRows
        /// The token vectors have this many components, not 1...``Limits/maximumDimension``.
        case dimension(Int)
        /// A component of this token, counted from 0, is not finite or lies outside ``Limits/components``.
        case component(token: Int, Float)
    }

    /// The rule that was broken.
    public let code: Code

    /// Creates the error for a broken rule.
    /// - Parameter code: The rule that was broken.
    public init(_ code: Code) {
        self.code = code
    }

    /// A description of the problem, which names the term or the token.
    public var problem: String {
        switch code {
        case .empty: "the vector has no terms"
        case .unequalCounts: "the numbers of terms and weights differ"
        case .duplicateTerm(let term): "term \(term) occurs more than once"
        case .nonFinite(let term): "the weight of term \(term) is NaN or infinite"
        case .outOfRange(let term, let weight):
            "the weight \(weight) of term \(term) is outside \(Limits.weights)"
        case .tooManyTerms(let count):
            "the vector has \(count) terms, more than \(Limits.maximumTermsPerVector)"
        case .noTokens: "the multivector has no token vectors"
        case .tooManyTokens(let count):
            "the multivector has \(count) token vectors, more than \(Limits.maximumTokensPerMultivector)"
        case .unequalRows: "the token vectors of a multivector differ in length"
        case .dimension(let dimension): "a token vector has \(dimension) components"
        case .component(let token, let value):
            "token vector \(token) has the component \(value), outside \(Limits.components)"
        }
    }

    /// A description of what to do about it.
    public var remedy: String {
        switch code {
        case .empty: "add a term, or leave the vector out"
        case .unequalCounts: "pass one weight per term"
        case .duplicateTerm: "add up its weights, or keep the largest"
        case .nonFinite: "use finite weights"
        case .outOfRange: "leave out terms with weight zero, and rescale other weights"
        case .tooManyTerms: "keep the terms with the largest weights"
        case .noTokens: "leave it out of the document"
        case .tooManyTokens: "split the document, or merge neighboring tokens"
        case .unequalRows: "use vectors of one dimension"
        case .dimension: "use 1...\(Limits.maximumDimension) components"
        case .component: "leave out the token, or scale all vectors down"
        }
    }

    /// The problem and the remedy.
    public var message: String { "\(problem); \(remedy)" }

    /// The same text as ``message``.
    public var description: String { message }
}

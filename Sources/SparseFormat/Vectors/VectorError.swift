/// Why a sparse vector or a multivector was refused.
///
/// The message names the term or the token at fault and says what to change.
public struct VectorError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The rule that was broken.
    public enum Code: Sendable, Equatable {
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

    /// Makes an error.
    /// - Parameter code: The rule that was broken.
    public init(_ code: Code) {
        self.code = code
    }

    /// What is wrong, and what to do about it.
    public var message: String {
        switch code {
        case .empty:
            "the vector has no terms; a vector needs at least one, so leave such a document out"
        case .unequalCounts:
            "terms and weights differ in number; pass one weight for each term"
        case .duplicateTerm(let term):
            "term \(term) occurs more than once; add its weights up (or keep the largest) before storing"
        case .nonFinite(let term):
            "the weight of term \(term) is NaN or infinite; store finite weights only"
        case .outOfRange(let term, let weight):
            """
            the weight \(weight) of term \(term) lies outside \
            \(Limits.weights.lowerBound)...\(Limits.weights.upperBound); leave out terms without weight, and rescale others
            """
        case .tooManyTerms(let count):
            """
            the vector has \(count) terms, more than \(Limits.maximumTermsPerVector); \
            keep the terms with the largest weights
            """
        case .noTokens:
            "the multivector has no token vectors; leave it out of such a document"
        case .tooManyTokens(let count):
            """
            the multivector has \(count) token vectors, more than \(Limits.maximumTokensPerMultivector); \
            split the document, or merge neighbouring tokens
            """
        case .unequalRows:
            "the token vectors of a multivector differ in length; all have the dimension of the model that made them"
        case .dimension(let dimension):
            "a token vector has \(dimension) components; give 1...\(Limits.maximumDimension)"
        case .component(let token, let value):
            """
            token vector \(token) has the component \(value), outside \(Limits.components); \
            leave out the token, or scale all vectors down
            """
        }
    }

    /// The same text as ``message``.
    public var description: String { message }
}

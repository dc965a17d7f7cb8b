/// Why a sparse vector was refused.
///
/// The message names the term at fault and says what to change.
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
        }
    }

    /// The same text as ``message``.
    public var description: String { message }
}

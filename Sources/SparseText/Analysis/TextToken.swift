/// A term of a text, and where it stands.
public struct TextToken: Sendable, Hashable {
    /// The term: a folded and stemmed word, or a WordPiece.
    public let term: String
    /// The bytes of the text's UTF-8 that the term comes from.
    public let range: Range<Int>

    /// Makes a token.
    public init(_ term: String, _ range: Range<Int>) {
        self.term = term
        self.range = range
    }
}

/// Cuts texts into terms: an ``Analyzer`` or a ``WordPieceTokenizer``.
public protocol TextTokenizer: Sendable {
    /// The terms of a text, in its order.
    func tokens(in text: String) -> [TextToken]
}

extension TextTokenizer {
    /// How often each term stands in a text.
    public func counts(of text: String) -> [String: Int] {
        tokens(in: text).reduce(into: [:]) { $0[$1.term, default: 0] += 1 }
    }
}

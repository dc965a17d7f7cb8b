/// A term of a text and its location.
public struct TextToken: Sendable, Hashable {
    /// The term: a folded and stemmed word, or a WordPiece.
    public let term: String
    /// The range of UTF-8 bytes of the text that the term comes from.
    public let range: Range<Int>

    /// Creates a token.
    public init(_ term: String, _ range: Range<Int>) {
        self.term = term
        self.range = range
    }
}

/// A type that splits texts into terms, such as ``Analyzer`` and ``WordPieceTokenizer``.
public protocol TextTokenizer: Sendable {
    /// Returns the terms of a text, in text order.
    func tokens(in text: String) -> [TextToken]
}

extension TextTokenizer {
    /// Returns the count of each term in a text.
    public func counts(of text: String) -> [String: Int] {
        tokens(in: text).reduce(into: [:]) { $0[$1.term, default: 0] += 1 }
    }
}

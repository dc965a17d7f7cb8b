public import SparseStore

/// A term of a text, and where it stands.
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
    /// How often each term stands in a text. Terms are told apart by their bytes, as in a store.
    public func counts(of text: String) -> [TextKey: Int] {
        tokens(in: text).reduce(into: [:]) { $0[TextKey($1.term), default: 0] += 1 }
    }
}

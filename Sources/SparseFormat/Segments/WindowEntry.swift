/// Where one term's postings lie in a window segment, and how they are coded (FORMAT.md, "Window segments").
@frozen
@usableFromInline
package struct WindowEntry: Sendable, Hashable {
    /// How a list's postings are laid out.
    @frozen
    @usableFromInline
    package enum Encoding: UInt8, Sendable {
        /// u16 ordinals[count], ascending, then u8 codes[count].
        case sparse = 0
        /// u8 codes[documents], 0 where the document lacks the term.
        case dense = 1
    }

    /// The term, in the store's numbering.
    package var term: TermID
    /// The largest weight in the list; a code c stands for c x maximum / 255.
    package var maximum: Float
    /// Where the list begins in its chunk's data.
    package var offset: UInt32
    /// Postings in the list.
    package var count: UInt32
    /// The chunk that holds the list.
    package var chunk: UInt16
    package var encoding: Encoding

    package init(term: TermID, maximum: Float, offset: UInt32, count: UInt32, chunk: UInt16, encoding: Encoding) {
        self.term = term
        self.maximum = maximum
        self.offset = offset
        self.count = count
        self.chunk = chunk
        self.encoding = encoding
    }

    /// Bytes of the list in its chunk.
    package func byteCount(documents: Int) -> Int {
        switch encoding {
        case .sparse: Int(count) * 3
        case .dense: documents
        }
    }

    /// Lists begin at multiples of this, so that a u16 is aligned and a vector load starts at a line's half at worst.
    package static let alignment = 32
}

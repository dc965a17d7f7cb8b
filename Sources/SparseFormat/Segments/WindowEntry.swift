/// Where one term's postings lie in a window segment, and how they are coded (FORMAT.md, "Window segments").
package struct WindowEntry: Sendable, Hashable {
    /// How a list's postings are laid out.
    package enum Encoding: UInt8, Sendable {
        /// u16 ordinals[count], then u8 codes[count]: lists shorter than a pack.
        case short = 0
        /// Packs of 8 postings, u16 ordinals[8] and u8 codes[8]; the last is filled up with `padOrdinal`, code 0.
        case packed = 1
        /// u8 codes[documents], 0 where the document lacks the term.
        case dense = 2
    }

    /// The largest weight in the list; a code c stands for c x maximum / 255.
    package var maximum: Float
    /// Where the list begins in its chunk's data.
    package var offset: UInt32
    /// Postings in the list.
    package var count: UInt32
    /// The chunk that holds the list.
    package var chunk: UInt16
    package var encoding: Encoding

    /// Postings in a pack.
    package static let packSize = 8
    /// Bytes of a pack.
    package static let packBytes = 24
    /// Names no document: a window has at most 65,535, with ordinals 0...65,534.
    package static let padOrdinal: UInt16 = 65_535
    /// Lists begin at multiples of this in their chunk.
    package static let alignment = 8

    package init(maximum: Float, offset: UInt32, count: UInt32, chunk: UInt16, encoding: Encoding) {
        self.maximum = maximum
        self.offset = offset
        self.count = count
        self.chunk = chunk
        self.encoding = encoding
    }

    /// Bytes of the list in its chunk.
    package func byteCount(documents: Int) -> Int {
        switch encoding {
        case .short: Int(count) * 3
        case .packed: (Int(count) + Self.packSize - 1) / Self.packSize * Self.packBytes
        case .dense: documents
        }
    }
}

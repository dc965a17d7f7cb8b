/// The layout of documents in a block index (FORMAT.md, "Lines"). A line of 64 bytes, a cache line, has 21 components
/// of one document: u16 numbers[21], u8 codes[21], and u8 more, the number of further lines of the document, 255 for
/// 255 or more. The heaviest components come first. The last line is padded with number 0, code 0, which adds nothing.
///
/// Any bytes are safe to score: a number names one of 65,536 multipliers, and the number of lines is limited by the
/// chunk.
package enum ImpactLine {
    package static let bytes = 64
    package static let components = 21
    static let codes = 42
    static let more = 63
    /// The number of lines of every chunk but the last. Documents do not cross chunks, so lines at the end of a chunk
    /// may be unused. Together with its headers a chunk fills sixteen pages of LMDB.
    package static let linesPerChunk = 1_023
    /// The number of slots of every chunk of places but the last. Each slot has a u32 first line and a u32 document
    /// index, so the chunk is as large as a chunk of lines.
    package static let slotsPerChunk = 8_184
    static let placeBytes = 8

    /// The number of lines of a document. A document that does not fit in a chunk only has lines for its heaviest
    /// components.
    package static func lines(components: Int) -> Int {
        min(linesPerChunk, (components + Self.components - 1) / Self.components)
    }
}

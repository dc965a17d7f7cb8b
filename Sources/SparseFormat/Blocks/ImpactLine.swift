/// The shape of a block index's documents (FORMAT.md, "Lines"): 64 bytes, a cache line, hold 21 components of one
/// document, u16 numbers[21], u8 codes[21] and u8 more, how many lines of the document follow, 255 for more. A document's
/// heaviest components come first. What is missing in the last line is number 0, code 0, which adds nothing.
///
/// So any bytes are safe to score: a number names one of 65,536 multipliers, and whether a line follows is compared with
/// the chunk.
package enum ImpactLine {
    package static let bytes = 64
    package static let components = 21
    static let codes = 42
    static let more = 63
    /// Lines of every chunk but the last: whole documents, and what is left of the chunk's end unused. With its headers such a
    /// chunk fills sixteen pages of LMDB.
    package static let linesPerChunk = 1_023
    /// Slots of every chunk of places but the last: for each u32 its document's first line, u32 the document's index. As
    /// large as a chunk of lines.
    package static let slotsPerChunk = 8_184
    static let placeBytes = 8

    /// Lines of a document; of one that does not fit into a chunk, those of its heaviest components.
    package static func lines(components: Int) -> Int {
        min(linesPerChunk, (components + Self.components - 1) / Self.components)
    }
}

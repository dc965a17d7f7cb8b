/// Lays out the exact vectors of one window's documents in chunks. Searches score their candidates from these.
///
/// Record, at a multiple of 4: u16 components, u16 identifier bytes, f32 weights[components] in ascending term order,
/// u16 (or u32 in a window of more than 65,536 terms) terms[components] as positions in the window's directory,
/// identifier in UTF-8. A record does not cross the end of a chunk. `offsets` has the position of each record, in units
/// of 4 bytes counted through chunks of `chunkBytes`, so at most 16 GiB.
package struct ForwardWriter {
    /// The length of every chunk but the last, if the window's largest record fits into it. Together with its headers
    /// such a chunk fills sixteen pages of LMDB, so that a first touch reads and checks little more than it needs.
    package static let smallChunkBytes = 65_472
    /// The length for a window with a larger record.
    package static let largeChunkBytes = 1 << 20

    /// The length of every chunk but the last.
    package let chunkBytes: Int
    private let isWide: Bool
    private var chunk = ByteWriter()
    private var narrow: [UInt16] = []
    package private(set) var chunks: [[UInt8]] = []
    package private(set) var offsets: [UInt32] = []

    /// - Parameters:
    /// - terms: The number of distinct terms of the window.
    /// - components: The number of components of its longest document.
    package init(terms: Int, components: Int) {
        isWide = ForwardTable.isWide(terms: terms)
        let largest = ForwardTable.recordSize(
            components: components, identifier: Limits.maximumIdentifierBytes, isWide: isWide)
        chunkBytes = largest <= Self.smallChunkBytes ? Self.smallChunkBytes : Self.largeChunkBytes
    }

    /// Adds the next document. `positions` ascend.
    package mutating func append(identifier: String, positions: ArraySlice<UInt32>, weights: ArraySlice<Float>) {
        let size = ForwardTable.recordSize(
            components: positions.count, identifier: identifier.utf8.count, isWide: isWide)
        if chunk.count + size > chunkBytes { closeChunk() }
        offsets.append(UInt32((chunks.count * chunkBytes + chunk.count) / 4))
        chunk.u16(UInt16(truncatingIfNeeded: positions.count))
        chunk.u16(UInt16(truncatingIfNeeded: identifier.utf8.count))
        chunk.f32s(weights)
        if isWide {
            chunk.fixeds(positions)
        } else {
            narrow.removeAll(keepingCapacity: true)
            for position in positions { narrow.append(UInt16(truncatingIfNeeded: position)) }
            chunk.fixeds(narrow[...])
        }
        chunk.append(identifier.utf8)
        chunk.align(to: 4)
    }

    /// Closes the last chunk. No document may follow.
    package mutating func finish() {
        if chunk.count > 0 { chunks.append(chunk.bytes) }
        chunk = ByteWriter()
    }

    private mutating func closeChunk() {
        chunk.zeros(chunkBytes - chunk.count)
        chunks.append(chunk.bytes)
        chunk = ByteWriter(reserving: chunkBytes)
    }
}

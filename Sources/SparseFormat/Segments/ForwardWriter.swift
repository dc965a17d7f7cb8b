/// Lays the exact vectors of one window's documents out in chunks: what a search scores its candidates from.
///
/// Record, at a multiple of 4: u16 components, u16 identifier bytes, f32 weights[components] in ascending term order,
/// u16 (or u32 in a window of more than 65,536 terms) terms[components] as positions in the window's directory,
/// identifier UTF-8. A record does not cross a chunk's end. `offsets` say where each begins, in units of 4 bytes counted
/// through chunks of `chunkBytes`: 16 GiB at most.
package struct ForwardWriter {
    /// Length of every chunk but the last of a window whose largest record fits into it. With its headers such a chunk
    /// fills sixteen pages of LMDB, and little more than what is asked for is read, and proven, at first touch.
    package static let smallChunkBytes = 65_472
    /// The same for a window with a larger record.
    package static let largeChunkBytes = 1 << 20

    /// Length of every chunk but the last.
    package let chunkBytes: Int
    private let isWide: Bool
    private var chunk: [UInt8] = []
    package private(set) var chunks: [[UInt8]] = []
    package private(set) var offsets: [UInt32] = []

    /// - Parameters:
    ///   - terms: distinct terms of the window.
    ///   - components: of its longest document.
    package init(terms: Int, components: Int) {
        isWide = ForwardTable.isWide(terms: terms)
        let largest = ForwardTable.recordSize(
            components: components, identifier: Limits.maximumIdentifierBytes, isWide: isWide)
        chunkBytes = largest <= Self.smallChunkBytes ? Self.smallChunkBytes : Self.largeChunkBytes
        chunk.reserveCapacity(chunkBytes)
    }

    /// Adds the next document. `positions` ascend.
    package mutating func append(identifier: String, positions: ArraySlice<UInt32>, weights: ArraySlice<Float>) {
        let size = ForwardTable.recordSize(
            components: positions.count, identifier: identifier.utf8.count, isWide: isWide)
        if chunk.count + size > chunkBytes { closeChunk() }
        offsets.append(UInt32((chunks.count * chunkBytes + chunk.count) / 4))
        append16(UInt32(positions.count))
        append16(UInt32(identifier.utf8.count))
        for weight in weights { append32(weight.bitPattern) }
        for position in positions { if isWide { append32(position) } else { append16(position) } }
        chunk.append(contentsOf: identifier.utf8)
        while chunk.count % 4 != 0 { chunk.append(0) }
    }

    /// Closes the last chunk. No document may follow.
    package mutating func finish() {
        if !chunk.isEmpty { chunks.append(chunk) }
        chunk = []
    }

    private mutating func closeChunk() {
        chunk.append(contentsOf: repeatElement(0, count: chunkBytes - chunk.count))
        chunks.append(chunk)
        chunk.removeAll(keepingCapacity: true)
    }

    private mutating func append16(_ value: UInt32) {
        chunk.append(UInt8(truncatingIfNeeded: value))
        chunk.append(UInt8(truncatingIfNeeded: value >> 8))
    }

    private mutating func append32(_ value: UInt32) {
        append16(value)
        append16(value >> 16)
    }
}

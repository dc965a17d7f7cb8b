/// Where the exact vectors of a window's documents lie: a view of a `segmentForward` value's body, u32
/// offsets[documents] in units of 4 bytes.
package struct ForwardTable: @unchecked Sendable {
    package let count: Int
    package let isWide: Bool
    private let offsets: UnsafeRawPointer
    private let chunkLengths: [Int]
    /// Length of every chunk but the last: what offsets are counted in.
    package let chunkBytes: Int

    /// Positions in a directory of so many terms need 32 bits.
    package static func isWide(terms: Int) -> Bool { terms > 65_536 }

    package static func recordSize(components: Int, identifier: Int, isWide: Bool) -> Int {
        4 + components * (isWide ? 8 : 6) + identifier
    }

    /// - Parameters:
    ///   - terms: distinct terms of the window.
    ///   - chunkLengths: the data length of each forward chunk.
    package init(body: UnsafeRawBufferPointer, terms: Int, chunkLengths: [Int]) throws(FormatError) {
        guard body.count % 4 == 0, let base = body.baseAddress, !body.isEmpty else {
            throw FormatError(.forwardRecords, "\(body.count) bytes of offsets")
        }
        // An only chunk may be of either length, and its records all begin in it.
        let full =
            chunkLengths.count > 1 && chunkLengths[0] == ForwardWriter.smallChunkBytes
            ? ForwardWriter.smallChunkBytes : ForwardWriter.largeChunkBytes
        guard let last = chunkLengths.last, last <= full, chunkLengths.dropLast().allSatisfy({ $0 == full }) else {
            throw FormatError(.forwardRecords, "a chunk's length")
        }
        count = body.count / 4
        isWide = Self.isWide(terms: terms)
        offsets = base
        self.chunkLengths = chunkLengths
        chunkBytes = full
    }

    /// Asks for what `place(of:)` will read.
    package func prefetchPlace(of ordinal: Int) {
        // Any address may be asked for.
        prefetch(offsets + 4 * max(0, ordinal))
    }

    /// Where a document's record begins: its chunk and the offset in it, with 4 bytes there to be read.
    package func place(of ordinal: Int) throws(FormatError) -> (chunk: Int, offset: Int) {
        guard ordinal >= 0, ordinal < count else { throw FormatError(.forwardRecords, "ordinal \(ordinal)") }
        let offset =
            Int(UInt32(littleEndian: offsets.loadUnaligned(fromByteOffset: 4 * ordinal, as: UInt32.self))) * 4
        let chunk = offset / chunkBytes
        let inside = offset % chunkBytes
        guard chunk < chunkLengths.count, inside + 4 <= chunkLengths[chunk] else {
            throw FormatError(.forwardRecords, "ordinal \(ordinal) begins outside its chunk")
        }
        return (chunk, inside)
    }
}

/// The positions of the exact vectors of a window's documents: a `segmentForward` value's body, u32 offsets[documents]
/// in units of 4 bytes.
package struct ForwardTable: @unchecked Sendable {
    package let count: Int
    package let isWide: Bool
    private let offsets: UnsafeRawPointer
    private let chunkLengths: [Int]
    /// The length of every chunk but the last, which offsets are based on.
    package let chunkBytes: Int

    /// Whether positions in a directory with the given number of terms need 32 bits.
    package static func isWide(terms: Int) -> Bool { terms > 65_536 }

    package static func recordSize(components: Int, identifier: Int, isWide: Bool) -> Int {
        4 + components * (isWide ? 8 : 6) + identifier
    }

    /// - Parameters:
    /// - terms: The number of distinct terms of the window.
    /// - chunkLengths: The data length of each forward chunk.
    package init(body: UnsafeRawBufferPointer, terms: Int, chunkLengths: [Int]) throws(FormatError) {
        guard body.count % 4 == 0, let base = body.baseAddress, !body.isEmpty else {
            throw FormatError(.forwardRecords, "the offsets have \(body.count) bytes")
        }
        // A single chunk may have either length, and all records begin in it.
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

    /// Prefetches the bytes that `place(of:)` will read.
    package func prefetchPlace(of ordinal: Int) {
        // Any address may be prefetched.
        prefetch(offsets + 4 * max(0, ordinal))
    }

    /// Returns the chunk and the offset where a document's record begins; at least 4 bytes follow there.
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

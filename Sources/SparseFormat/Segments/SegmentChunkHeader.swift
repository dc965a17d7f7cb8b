/// The 32 bytes before the data of a segment chunk: u8 codec, 3 zero bytes, u32 original length, 24 zero bytes.
///
/// With LMDB's page header and the value header, the data begin 64 bytes into a page: at the start of a cache line.
package struct SegmentChunkHeader: Sendable, Equatable {
    package static let size = 32

    package let codec: SegmentCodec
    /// The number of bytes of the decoded data.
    package let originalLength: UInt32

    package init(codec: SegmentCodec, originalLength: UInt32) {
        self.codec = codec
        self.originalLength = originalLength
    }

    /// Reads the header at the start of a chunk's body and compares it with the body's length.
    package init(body: UnsafeRawBufferPointer) throws(FormatError) {
        var reader = ByteReader(body)
        let number = try reader.u8()
        guard let known = SegmentCodec(rawValue: number) else { throw FormatError(.knownEncoding, "codec \(number)") }
        codec = known
        try reader.zeros(3)
        originalLength = try reader.u32()
        try reader.zeros(24)
        guard originalLength <= Limits.maximumChunkBytes else {
            throw FormatError(.limitExceeded, "the chunk has \(originalLength) bytes")
        }
        switch codec {
        case .raw:
            guard reader.remaining == originalLength else { throw FormatError(.chunkLengths) }
        case .planes:
            guard reader.remaining >= 1, reader.remaining < originalLength else { throw FormatError(.chunkLengths) }
        }
    }

    package func encode(into writer: inout ByteWriter) {
        writer.u8(codec.rawValue)
        writer.zeros(3)
        writer.u32(originalLength)
        writer.zeros(24)
    }

    /// The length of the data in the body.
    /// - Throws: `decompression` if the data are stored in planes, and so are not in the body as they are.
    package func rawLength(body: UnsafeRawBufferPointer) throws(FormatError) -> Int {
        guard codec == .raw else { throw FormatError(.decompression, "the chunk is stored in planes") }
        guard body.count - Self.size == originalLength else { throw FormatError(.chunkLengths) }
        return Int(originalLength)
    }
}

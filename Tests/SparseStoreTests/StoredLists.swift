@testable import SparseFormat

/// Chunks of lists in planes, taken apart and put together by hand.
enum StoredLists {
    /// - Parameters:
    ///   - directory: the body of the window's directory.
    ///   - body: of the chunk.
    static func data(
        _ directory: [UInt8], _ index: Int, _ header: SegmentChunkHeader, _ body: [UInt8]
    ) throws -> [UInt8] {
        try withPlanes(directory, index, length: Int(header.originalLength)) { lists in
            var data = [UInt8](repeating: 0, count: lists.length)
            try data.withUnsafeMutableBytes { data in
                try body.withUnsafeBytes { body in
                    try lists.decode(
                        UnsafeRawBufferPointer(rebasing: body[SegmentChunkHeader.size...]), into: data,
                        ZstdDecompressor())
                }
            }
            return data
        }
    }

    /// The body of a chunk in planes.
    static func body(_ directory: [UInt8], _ index: Int, _ data: [UInt8]) throws -> [UInt8] {
        let planes = try withPlanes(directory, index, length: data.count) { $0.split(data) }
        guard let frame = ZstdCompressor(level: 1).compress(blocks: planes, limit: data.count - 1) else {
            throw FormatError(.chunkLengths, "nothing is saved")
        }
        var writer = ByteWriter()
        let chunk = StoredChunk(planes: frame, of: data)
        chunk.header.encode(into: &writer)
        return writer.bytes + chunk.bytes
    }

    private static func withPlanes<R>(
        _ directory: [UInt8], _ index: Int, length: Int, _ body: (ListPlanes) throws -> R
    ) throws -> R {
        try directory.withUnsafeBytes { bytes in
            let chunks = Int(bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
            let lengths = [Int](repeating: Limits.maximumChunkBytes, count: chunks)
            return try body(
                ListPlanes(WindowDirectory(body: bytes, chunkLengths: lengths), chunk: index, length: length))
        }
    }
}

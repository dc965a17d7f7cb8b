@testable import SparseFormat

/// One chunk of lists of a window of eight levels, with the directory that says where they are.
struct PlanesSample {
    static let documents = 1_030

    let directory: [UInt8]
    let chunk: [UInt8]

    /// A short list, packed ones and a dense one.
    init(_ random: inout SeededGenerator, counts: [Int] = [5, 30, 8, 200, 9]) {
        var writer = WindowListWriter(documents: Self.documents)
        for (term, count) in counts.enumerated() {
            let ends = (1...8).map { UInt32(count * $0 / 8) }
            var ordinals: [UInt16] = []
            for end in ends {
                let drawn = (0..<UInt16(Self.documents)).shuffled(using: &random)
                ordinals += drawn.prefix(Int(end) - ordinals.count).sorted()
            }
            let weights = ordinals.map { _ in Float.random(in: 0.1...3, using: &random) }
            writer.append(TermID(term * 7), ordinals: ordinals[...], weights: weights[...], ends: ends)
        }
        writer.finish()
        var body = ByteWriter()
        writer.encodeDirectory(into: &body)
        directory = body.bytes
        chunk = writer.chunks[0]
    }

    func withPlanes<R>(length: Int? = nil, _ body: (ListPlanes) throws -> R) throws -> R {
        try directory.withUnsafeBytes { bytes in
            let view = try WindowDirectory(body: bytes, chunkLengths: [Limits.maximumChunkBytes])
            return try body(ListPlanes(view, chunk: 0, length: length ?? chunk.count))
        }
    }

    func stored() throws -> StoredChunk { try ListPlanes.stored([chunk], directory: directory)[0] }

    /// The data of any chunk in the place of this one.
    func data(body: UnsafeRawBufferPointer) throws -> [UInt8] {
        let header = try SegmentChunkHeader(body: body)
        guard header.codec == .planes else { return try header.rawData(body: body) }
        return try Self.decode(body, header, directory)
    }

    static func decode(
        _ body: UnsafeRawBufferPointer, _ header: SegmentChunkHeader, _ directory: [UInt8], chunk: Int = 0,
        chunks: Int = 1
    ) throws -> [UInt8] {
        try directory.withUnsafeBytes { bytes in
            let view = try WindowDirectory(
                body: bytes, chunkLengths: [Int](repeating: Limits.maximumChunkBytes, count: chunks))
            let planes = try ListPlanes(view, chunk: chunk, length: Int(header.originalLength))
            var data = [UInt8](repeating: 0xEE, count: planes.length)
            try data.withUnsafeMutableBytes { data in
                try planes.decode(
                    UnsafeRawBufferPointer(rebasing: body[SegmentChunkHeader.size...]), into: data, ZstdDecompressor())
            }
            return data
        }
    }
}

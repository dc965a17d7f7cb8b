import Testing

@testable import SparseFormat

/// What goes into planes comes out of them to the byte, and what lies about them is refused before anything is written.
@Suite struct ListPlanesTests {
    private var random = SeededGenerator()
    private let memory: GuardedBytes

    init() throws {
        memory = try #require(GuardedBytes())
    }

    private func code(_ body: () throws -> Void) -> FormatError.Code? {
        do {
            try body()
            return nil
        } catch { return (error as? FormatError)?.code }
    }

    private func rule(_ invariant: Invariant) -> FormatError.Code { .invariant(invariant.rawValue, invariant.rule) }

    /// Stores the chunks of a window in planes, and counts those that are in the end.
    private func roundTrip(_ chunks: [[UInt8]], _ directory: [UInt8]) throws -> Int {
        let stored = try ListPlanes.stored(chunks, directory: directory)
        #expect(stored.count == chunks.count)
        for (index, chunk) in stored.enumerated() {
            #expect(Int(chunk.header.originalLength) == chunks[index].count)
            guard chunk.header.codec == .planes else {
                #expect(chunk.header.codec == .raw && chunk.bytes == chunks[index])
                continue
            }
            #expect(chunk.bytes.count <= chunks[index].count * 95 / 100)
            let body = [UInt8](repeating: 0, count: SegmentChunkHeader.size) + chunk.bytes
            let decoded = try memory.with(body) {
                try PlanesSample.decode($0, chunk.header, directory, chunk: index, chunks: chunks.count)
            }
            #expect(decoded == chunks[index], "chunk \(index), SPARSE_SEED=\(random.seed)")
        }
        return stored.count { $0.header.codec == .planes }
    }

    @Test mutating func `windows of any kind come back to the byte`() throws {
        var inPlanes = 0
        let kinds = [(1, 1, 1), (30, 9, 40), (1_030, 3, 12), (1_200, 60, 900), (1_100, 200, 300)]
        for (count, draws, vocabulary) in kinds {
            let window = BuiltWindow(
                BuiltWindow.documents(&random, count: count, draws: draws, vocabulary: vocabulary, extreme: draws == 9))
            inPlanes += try roundTrip(window.chunks, window.directory)
        }
        #expect(inPlanes > 3)
    }

    /// Gaps wrap: ordinals need neither ascend nor be those of documents.
    @Test mutating func `planes of any bytes come back to the byte`() throws {
        for counts in [[1], [8], [9, 7], [3, 50, 250, 1_030, 16]] {
            let sample = PlanesSample(&random, counts: counts)
            try sample.withPlanes { lists in
                let planes = random.bytes(lists.count)
                var data = [UInt8](repeating: 0xEE, count: lists.length)
                try planes.withUnsafeBytes { planes in
                    try data.withUnsafeMutableBytes { try lists.join(planes, into: $0) }
                }
                #expect(lists.split(data).flatMap { $0 } == planes)
            }
        }
    }

    @Test mutating func `each plane holds what is said`() throws {
        let sample = PlanesSample(&random, counts: [9, 250])
        try sample.withPlanes { lists in
            let planes = lists.split(sample.chunk)
            // The ends of nine postings are 1, 2, 3, 4, 5, 6, 7, 9.
            #expect(planes.map(\.count) == [9, 9, 1, 1, 1, 1, 1, 1, 1, 2, PlanesSample.documents])
            let list = BuiltWindow.read(
                WindowEntry(maximum: 1, offset: 0, count: 9, chunk: 0, encoding: .packed), sample.chunk,
                documents: PlanesSample.documents)
            let gaps = zip(planes[0], planes[1]).map { Int($0) + 256 * Int($1) }
            #expect(gaps.prefix(8) == list.prefix(8).map(\.ordinal)[...])
            #expect(gaps[8] == list[8].ordinal - list[7].ordinal - 1)
            #expect(planes[9] == [list[7].code, list[8].code])
            #expect(planes[10] == Array(sample.chunk.suffix(PlanesSample.documents)))
        }
    }

    @Test mutating func `lists that lie are refused`() throws {
        let sample = PlanesSample(&random)
        let length = sample.chunk.count
        #expect(code { try sample.withPlanes { _ in } } == nil)
        #expect(code { try sample.withPlanes(length: length - 1) { _ in } } == rule(.listRange))
        #expect(code { try sample.withPlanes(length: 0) { _ in } } == rule(.listRange))
        // Dense lists in one place would decode to more than the chunk is long.
        var writer = WindowListWriter(documents: PlanesSample.documents)
        for term in 0..<3 {
            let ordinals = (0..<200).map { UInt16($0) }
            writer.append(
                TermID(term), ordinals: ordinals[...], weights: [Float](repeating: 1, count: 200)[...],
                ends: [UInt32](repeating: 200, count: 8))
        }
        writer.finish()
        var body = ByteWriter()
        writer.encodeDirectory(into: &body)
        var directory = body.bytes
        let header = SegmentChunkHeader(codec: .planes, originalLength: UInt32(PlanesSample.documents))
        let any = [UInt8](repeating: 0, count: 100)
        func decode() -> FormatError.Code? {
            code { _ = try any.withUnsafeBytes { try PlanesSample.decode($0, header, directory) } }
        }
        #expect(decode() == rule(.listRange), "past the end")
        for term in 0..<3 {
            let offset = WindowDirectory.prefixSize + 4 * 3 + term * WindowDirectory.entrySize(levels: 8) + 4
            directory.replaceSubrange(offset..<offset + 4, with: [0, 0, 0, 0])
        }
        #expect(decode() == rule(.listRange), "overlapping")
    }

    @Test mutating func `lists in an earlier chunk than the one before are refused`() throws {
        var directory = PlanesSample(&random, counts: [9, 9]).directory
        directory[16] = 2
        let entries = WindowDirectory.prefixSize + 4 * 2
        func open(_ chunks: [UInt8]) -> FormatError.Code? {
            for (index, chunk) in chunks.enumerated() {
                directory[entries + index * WindowDirectory.entrySize(levels: 8) + 12] = chunk
            }
            return code {
                try directory.withUnsafeBytes { bytes in
                    let view = try WindowDirectory(body: bytes, chunkLengths: [1_000, 1_000])
                    #expect(view.positions(inChunk: 0) == 0..<chunks.count { $0 == 0 })
                    #expect(view.positions(inChunk: 1) == chunks.count { $0 == 0 }..<2)
                    #expect(view.positions(inChunk: 2) == 2..<2)
                }
            }
        }
        #expect(open([0, 0]) == nil)
        #expect(open([0, 1]) == nil)
        #expect(open([1, 1]) == nil)
        #expect(open([1, 0]) == rule(.listRange))
    }

    @Test mutating func `frames that lie are refused`() throws {
        let sample = PlanesSample(&random)
        let chunk = try sample.stored()
        #expect(chunk.header.codec == .planes)
        func decode(_ frame: [UInt8], _ length: Int) throws -> [UInt8] {
            let header = SegmentChunkHeader(codec: .planes, originalLength: UInt32(length))
            return try memory.with([UInt8](repeating: 0, count: SegmentChunkHeader.size) + frame) {
                try PlanesSample.decode($0, header, sample.directory)
            }
        }
        let length = sample.chunk.count
        #expect(try decode(chunk.bytes, length) == sample.chunk)
        // Longer data than the lists reach end with zeros.
        #expect(try decode(chunk.bytes, length + 9) == sample.chunk + [UInt8](repeating: 0, count: 9))
        let planes = try sample.withPlanes { $0.split(sample.chunk).flatMap { $0 } }
        for wrong in [planes + [0], Array(planes.dropLast()), planes + planes] {
            let frame = try #require(ZstdCompressor().compress(blocks: [wrong], limit: 1 << 20))
            #expect(code { _ = try decode(frame, length) } == .decompression)
        }
        #expect(code { _ = try decode(Array(chunk.bytes.dropLast()), length) } == .decompression)
        #expect(code { _ = try decode(chunk.bytes + [0], length) } == .decompression)
        #expect(code { _ = try decode([], length) } == .truncated)
    }

    @Test func `a frame of blocks is one frame, or none`() throws {
        let ones = [UInt8](repeating: 1, count: 300)
        let blocks: [[UInt8]] = [ones, [], Array(0...255), ones]
        let compressor = ZstdCompressor(level: 1)
        let all = blocks.flatMap { $0 }
        let frame = try #require(compressor.compress(blocks: blocks, limit: all.count))
        let back = try frame.withUnsafeBytes {
            try ZstdDecompressor().decompress($0, size: all.count, limit: all.count)
        }
        #expect(back == all)
        #expect(compressor.compress(blocks: blocks, limit: frame.count - 1) == nil)
        #expect(compressor.compress(blocks: blocks, limit: frame.count) == frame, "after one that did not fit")
        #expect(compressor.compress(blocks: [], limit: 100) == nil)
        #expect(compressor.compress(blocks: [[]], limit: 100) == nil)
        #expect(all.withUnsafeBytes { compressor.compress($0, limit: all.count) } != nil)
    }
}

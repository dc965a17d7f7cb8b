import Testing

@testable import SparseFormat

/// What FORMAT.md says of window segments is what the code does, and windows of another writer can be read.
@Suite struct WindowFormatTests {
    /// The body of an example, which stands under this key.
    private func body(_ name: String, _ kind: RecordKind, _ key: [UInt8]) throws -> [UInt8] {
        let example = try #require(try FormatDocument.examples().first { $0.name == name })
        #expect(example.table == "segments")
        #expect(example.key == key)
        return try open(example.value, kind, key)
    }

    private func open(_ value: [UInt8], _ kind: RecordKind, _ key: [UInt8]) throws -> [UInt8] {
        try value.withUnsafeBytes { Array(try Value.open($0, kind: kind, table: .segments, key: key).bytes) }
    }

    private func data(_ chunk: [UInt8]) throws -> [UInt8] {
        try chunk.withUnsafeBytes { body in
            let header = try SegmentChunkHeader(body: body)
            #expect(try header.rawLength(body: body) == body.count - SegmentChunkHeader.size)
            return try header.rawData(body: body)
        }
    }

    private func chunk(_ name: String, _ segment: UInt32, part: UInt8) throws -> [UInt8] {
        try data(try body(name, .segmentChunk, Keys.segment(segment, part: part, index: 0)))
    }

    @Test func `the small window`() throws {
        let weights: [Float] = [2, 1, 0.5, 0.25, 1.5, 0.75, 1.25, 1.75, 0.001]
        var documents = weights.enumerated().map { ordinal, weight in
            BuiltWindow.Document(identifier: "d\(ordinal)", terms: [5], weights: [weight])
        }
        for (ordinal, weight) in [(3, Float(4)), (7, 3)] {
            documents[ordinal].terms.append(300)
            documents[ordinal].weights.append(weight)
        }
        let window = BuiltWindow(documents)
        #expect(try window.problems().isEmpty)
        let directory = try body("segmentDirectory", .segmentDirectory, Keys.segment(4, part: 1, index: 0))
        #expect(directory == window.directory)
        #expect([try chunk("listChunk", 4, part: 2)] == window.chunks)
        #expect(try body("segmentForward", .segmentForward, Keys.segment(4, part: 4, index: 0)) == window.forward)
        #expect([try chunk("forwardChunk", 4, part: 5)] == window.forwardChunks)
        try directory.withUnsafeBytes { bytes in
            let view = try WindowDirectory(body: bytes, chunkLengths: window.chunks.map(\.count))
            let five = view.entry(at: 0)
            #expect(five.encoding == .packed)
            #expect(five.maximum == 2)
            #expect(five.count == 9)
            #expect(five.offset == 0)
            let codes = BuiltWindow.read(five, window.chunks[0], documents: 9).map(\.code)
            #expect(codes == [255, 128, 64, 32, 191, 96, 159, 223, 0, 0, 0, 0, 0, 0, 0, 0])
            let rare = view.entry(at: 1)
            #expect(rare.encoding == .short)
            #expect(rare.maximum == 4)
            #expect(rare.count == 2)
            #expect(rare.offset == 48)
            let read = BuiltWindow.read(rare, window.chunks[0], documents: 9)
            #expect(read == [.init(ordinal: 3, code: 255), .init(ordinal: 7, code: 191)])
        }
    }

    @Test func `the small window in planes`() throws {
        let directory = try body("segmentDirectory", .segmentDirectory, Keys.segment(4, part: 1, index: 0))
        let chunk = try body("listChunkPlanes", .segmentChunk, Keys.segment(4, part: 2, index: 0))
        let decoded = try chunk.withUnsafeBytes { body in
            let header = try SegmentChunkHeader(body: body)
            #expect(header == SegmentChunkHeader(codec: .planes, originalLength: 54))
            #expect(throws: FormatError.self) { try header.rawLength(body: body) }
            #expect(throws: FormatError.self) { try header.rawData(body: body) }
            return try PlanesSample.decode(body, header, directory)
        }
        #expect(decoded == (try self.chunk("listChunk", 4, part: 2)))
    }

    /// Each rule of the directory, and which of two broken ones is told.
    @Test func `directory rules`() throws {
        let small = try body("segmentDirectory", .segmentDirectory, Keys.segment(4, part: 1, index: 0))
        let levels = try body("segmentDirectoryLevels", .segmentDirectory, Keys.segment(5, part: 1, index: 0))
        func error(_ body: [UInt8], _ changes: [Int: [UInt8]]) -> FormatError? {
            var body = body
            for (offset, bytes) in changes { body.replaceSubrange(offset..<offset + bytes.count, with: bytes) }
            let length = body.count == small.count ? 54 : 12
            do {
                _ = try body.withUnsafeBytes { try WindowDirectory(body: $0, chunkLengths: [length]) }
                return nil
            } catch {
                return error as? FormatError
            }
        }
        func code(_ body: [UInt8], _ changes: [Int: [UInt8]]) -> FormatError.Code? { error(body, changes)?.code }
        func rule(_ invariant: Invariant) -> FormatError.Code { .invariant(invariant.rawValue, invariant.rule) }
        #expect(code(small, [:]) == nil)
        #expect(code(levels, [:]) == nil)
        for documents: [UInt8] in [[0, 0, 0, 0], [0, 0, 1, 0]] {
            #expect(code(small, [0: documents]) == rule(.windowCounts))
        }
        for terms: UInt8 in [0, 1] { #expect(code(small, [4: [terms]]) == .trailingBytes) }
        #expect(code(small, [4: [3]]) == .truncated)
        #expect(code(small, [4: [255, 255, 255, 255]]) == .truncated)
        #expect(code(small, [8: [12]]) == rule(.windowCounts))
        #expect(code(small, [16: [2]]) == rule(.windowCounts))
        for count: UInt8 in [0, 2, 7, 9, 255] { #expect(code(small, [20: [count]]) == rule(.windowCounts)) }
        #expect(code(small, [20: [8]]) == .truncated)
        #expect(code(small, [21: [1]]) == rule(.reservedBytesAreZero))
        for term: [UInt8] in [[5, 0], [4, 0]] { #expect(code(small, [36: term]) == rule(.termsAscend)) }
        // The entry of the first term begins at 40.
        for maximum: [UInt8] in [[0, 0, 0, 0], [0, 0, 0x80, 0x7F], [0, 0, 0xC0, 0x7F], [0, 0, 0, 0xC0]] {
            #expect(code(small, [40: maximum]) == rule(.weightInRange))
        }
        for offset: UInt8 in [4, 1, 16] { #expect(code(small, [44: [offset]]) == rule(.listRange)) }
        #expect(code(small, [44: [0, 0, 0, 0x80]]) == rule(.listRange))
        for count: UInt8 in [0, 10, 255] { #expect(code(small, [48: [count]]) == rule(.listRange)) }
        #expect(code(small, [48: [8]]) == rule(.windowCounts))
        #expect(code(small, [52: [1]]) == rule(.listRange))
        #expect(code(small, [54: [3]]) == rule(.knownEncoding))
        for offset in [55, 57, 58, 59] { #expect(code(small, [offset: [1]]) == rule(.reservedBytesAreZero)) }
        // Ends of levels: larger than the next, and than the count.
        #expect(code(levels, [56: [3]]) == rule(.listRange))
        #expect(code(levels, [68: [5]]) == rule(.listRange))
        #expect(code(levels, [68: [4]]) == nil)
        for end in stride(from: 58, to: 68, by: 2) { #expect(code(levels, [end: [5]]) == rule(.listRange)) }
        // The error names the list.
        #expect(error(small, [54: [3]])?.detail == "the list of term \(small[32])")
        // A list may have any encoding that fits.
        #expect(code(small, [54: [0]]) == nil)
        #expect(code(small, [54: [2]]) == nil)
        // One that reaches into the next list does not.
        #expect(code(levels, [54: [0]]) == rule(.listRange))
        #expect(code(small, [74: [1]]) == rule(.listRange))
        // The second list begins inside the first.
        #expect(code(small, [64: [0]]) == rule(.listRange))
        #expect(code(small, [64: [8]]) == rule(.listRange))
        // Two rules at once.
        #expect(code(small, [0: [0], 21: [1]]) == rule(.reservedBytesAreZero))
        #expect(code(small, [0: [0], 4: [3]]) == rule(.windowCounts))
        #expect(code(small, [36: [5, 0], 54: [3]]) == rule(.termsAscend))
        #expect(code(small, [54: [3], 55: [1]]) == rule(.knownEncoding))
        #expect(code(small, [40: [0, 0, 0, 0], 55: [1]]) == rule(.reservedBytesAreZero))
        #expect(code(small, [40: [0, 0, 0, 0], 48: [0]]) == rule(.weightInRange))
    }

    @Test func `the order`() throws {
        try body("segmentOrder", .segmentOrder, Keys.segment(4, part: 7, index: 0)).withUnsafeBytes { bytes in
            let order = try SegmentOrder(body: bytes)
            let ordinals = (0..<order.count).map { UInt16(order[$0]) }
            #expect(ordinals == [1, 0, 2, 4, 3, 5, 8, 6, 7])
            var writer = ByteWriter()
            SegmentOrder.encode(ordinals, into: &writer)
            #expect(writer.bytes.elementsEqual(bytes))
        }
    }

    @Test func `the window with levels and dense lists`() throws {
        let chunk = try chunk("listChunkDense", 5, part: 2)
        let directory = try body("segmentDirectoryLevels", .segmentDirectory, Keys.segment(5, part: 1, index: 0))
        try directory.withUnsafeBytes { bytes in
            let view = try WindowDirectory(body: bytes, chunkLengths: [chunk.count])
            #expect(view.documents == 4)
            #expect(view.levels == 8)
            #expect(view.count == 2)
            #expect(view.nonzeros == 8)
            let codes = (0..<2).map { BuiltWindow.read(view.entry(at: $0), chunk, documents: 4).map(\.code) }
            #expect(codes == [[255, 85, 85, 85], [23, 70, 23, 255]])
            let ends = (0..<2).map { index in (1...8).map { view.postings(at: index, levels: $0) } }
            #expect(ends == [[2, 2, 2, 2, 2, 3, 3, 4], [2, 2, 2, 3, 3, 4, 4, 4]])
            let averages = (0..<2).map { index in (0..<8).map { view.averageCode(at: index, level: $0) } }
            #expect(averages == [[170, 0, 0, 0, 0, 85, 0, 85], [162, 0, 0, 23, 0, 23, 0, 0]])
        }
        #expect(BuiltWindow.levels([3, 1]) == [0, 5])
        #expect(BuiltWindow.levels([1, 11]) == [7, 0])
    }

    @Test func `the wide forward record`() throws {
        try chunk("forwardChunkWide", 6, part: 5).withUnsafeBytes { chunk in
            let record = try ForwardRecord(chunk: chunk, offset: 0, isWide: true)
            #expect((0..<record.count).map { record.position($0) } == [3, 65_540])
            #expect((0..<record.count).map { record.weight($0) } == [0.5, 2])
            #expect(try record.identifier() == "doc-1")
        }
        var writer = ForwardWriter(terms: 70_000, components: 2)
        writer.append(identifier: "doc-1", positions: [3, 65_540], weights: [0.5, 2])
        writer.finish()
        #expect(try writer.chunks == [chunk("forwardChunkWide", 6, part: 5)])
    }

    /// The parts of the windows in windows.txt, bodies and chunks' data, by segment, part and index.
    private func windows() throws -> [UInt32: [UInt8: [[UInt8]]]] {
        let kinds: [UInt8: RecordKind] = [
            1: .segmentDirectory, 2: .segmentChunk, 3: .segmentDocuments, 4: .segmentForward, 5: .segmentChunk,
            7: .segmentOrder,
        ]
        var windows: [UInt32: [UInt8: [[UInt8]]]] = [:]
        for line in try FormatDocument.vectors("windows.txt") {
            let bytes = try FormatDocument.bytes(hex: line[0])
            let key = try bytes.withUnsafeBytes { try Keys.parseSegment($0) }
            let kind = try #require(kinds[key.part])
            var body = try open(try FormatDocument.bytes(hex: line[1]), kind, bytes)
            if kind == .segmentChunk { body = try data(body) }
            #expect(key.index == UInt32(windows[key.id]?[key.part]?.count ?? 0))
            windows[key.id, default: [:]][key.part, default: []].append(body)
        }
        return windows
    }

    @Test func `windows of another writer`() throws {
        let windows = try windows()
        #expect(windows.keys.sorted() == [1, 2])
        for (segment, parts) in windows {
            let directory = try #require(parts[1]?.first)
            let chunks = try #require(parts[2])
            let terms = try directory.withUnsafeBytes { bytes in
                let view = try WindowDirectory(body: bytes, chunkLengths: chunks.map(\.count))
                return (0..<view.count).map { view.term(at: $0) }
            }
            let forward = try #require(parts[4]?.first)
            let forwardChunks = try #require(parts[5])
            // Built again from the exact vectors, every byte is the same.
            let window = BuiltWindow(try BuiltWindow.readForward(forward, forwardChunks, terms))
            #expect(window.documents.count == (segment == 1 ? 40 : 1030))
            #expect(window.directory == directory, "segment \(segment)")
            #expect(window.chunks == chunks, "segment \(segment)")
            #expect(window.forward == forward, "segment \(segment)")
            #expect(window.forwardChunks == forwardChunks, "segment \(segment)")
            #expect(try window.problems().isEmpty)
            // Each document is called after its number, and the order says where it stands.
            let numbers = try #require(parts[3]?.first).withUnsafeBytes { bytes in
                let view = try SegmentDocuments(body: bytes)
                return (0..<view.count).map { view[$0] }
            }
            let order = try parts[7]?.first?.withUnsafeBytes { bytes in
                let view = try SegmentOrder(body: bytes)
                return (0..<view.count).map { view[$0] }
            }
            #expect((order == nil) == (segment == 1))
            #expect(numbers.count == window.documents.count)
            for (rank, number) in numbers.enumerated() {
                #expect(window.documents[order?[rank] ?? rank].identifier == "\(number)")
            }
        }
    }
}

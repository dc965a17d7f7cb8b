import Testing

@testable import SparseFormat

/// The parts of a window segment behind a sound checksum: what the directory and the forward table have accepted can
/// be read to the last byte, whatever a writer has put there.
@Suite struct WindowTests {
    private var random = SeededGenerator()
    private let memory: GuardedBytes

    init() throws {
        memory = try #require(GuardedBytes())
    }

    private func window(_ random: inout SeededGenerator, documents: Int, terms: Int) -> (body: [UInt8], lengths: [Int])
    {
        var writer = WindowListWriter(documents: documents)
        let levels = WindowLevels.count(documents: documents)
        for term in 0..<terms {
            let count = 1 + Int(random.next() % UInt64(min(documents, 30)))
            let ordinals = (0..<UInt16(documents)).shuffled(using: &random).prefix(count).sorted()
            let weights = ordinals.map { _ in Float.random(in: 0.1...3, using: &random) }
            let ends = (1...levels).map { UInt32(count * $0 / levels) }
            writer.append(TermID(term * 7), ordinals: ordinals[...], weights: weights[...], ends: ends)
        }
        writer.finish()
        var body = ByteWriter()
        writer.encodeDirectory(into: &body)
        return (body.bytes, writer.chunks.map(\.count))
    }

    /// Reads all that a directory offers. Nil when it is refused.
    private func readAll(_ body: [UInt8], _ lengths: [Int]) throws -> Int? {
        try memory.with(body) { bytes in
            let directory: WindowDirectory
            do throws(FormatError) {
                directory = try WindowDirectory(body: bytes, chunkLengths: lengths)
            } catch {
                return nil
            }
            var postings = 0
            for index in 0..<directory.count {
                let entry = directory.entry(at: index)
                let end = Int(entry.offset) + entry.byteCount(documents: directory.documents)
                try #require(Int(entry.chunk) < lengths.count && end <= lengths[Int(entry.chunk)])
                #expect(directory.find(directory.term(at: index)) == index)
                var previous = 0
                for level in 0...directory.levels {
                    let count = directory.postings(at: index, levels: level)
                    try #require(count >= previous && count <= Int(entry.count))
                    previous = count
                    _ = directory.averageCode(at: index, level: level)
                }
                postings += Int(entry.count)
            }
            #expect(UInt64(postings) == directory.nonzeros)
            let probes = [0, 1, 6, 8, .max] + (0..<directory.count).map(directory.term)
            var found: [Int] = []
            directory.find(probes, appendingTo: &found, prefetching: true)
            #expect(found == probes.map { directory.find($0) ?? -1 }, "many at once, as one by one")
            return postings
        }
    }

    @Test mutating func `directories are whole`() throws {
        for (documents, terms) in [(1, 1), (5, 3), (100, 40), (1100, 25)] {
            let (body, lengths) = window(&random, documents: documents, terms: terms)
            #expect(try readAll(body, lengths) != nil, "\(documents) documents")
            #expect(try readAll(body + [0], lengths) == nil)
            #expect(try readAll(body, lengths + [8]) == nil)
            #expect(try readAll(body, lengths.map { $0 - 1 }) == nil)
            for length in 0..<body.count {
                #expect(try readAll(Array(body[..<length]), lengths) == nil, "length \(length)")
            }
        }
    }

    @Test mutating func `damaged directories are refused or safe`() throws {
        for (documents, terms) in [(5, 3), (1100, 6)] {
            let (body, lengths) = window(&random, documents: documents, terms: terms)
            for bit in 0..<8 * body.count {
                var damaged = body
                damaged[bit / 8] ^= 1 << UInt8(bit % 8)
                _ = try readAll(damaged, lengths)
            }
            for offset in 0..<body.count - 4 {
                for lie: UInt32 in [0, 1, 0x7FFF_FFFF, 0x8000_0000, .max] {
                    var damaged = body
                    for index in 0..<4 { damaged[offset + index] = UInt8(truncatingIfNeeded: lie >> UInt32(8 * index)) }
                    _ = try readAll(damaged, lengths)
                }
            }
            for length in 0..<200 { _ = try readAll(random.bytes(length), lengths) }
        }
    }

    @Test mutating func `forward records stay inside their chunk`() throws {
        for terms in [100, 70_000] {
            var writer = ForwardWriter(terms: terms, components: 9)
            let isWide = ForwardTable.isWide(terms: terms)
            var expected: [(id: String, positions: [UInt32], weights: [Float])] = []
            for number in 0..<20 {
                let count = Int(random.next() % 9)
                let positions = (0..<UInt32(count)).map { $0 * 11 }
                let weights = positions.map { _ in Float.random(in: 0.1...3, using: &random) }
                let id = random.text(bytes: 1 + number)
                writer.append(identifier: id, positions: positions[...], weights: weights[...])
                expected.append((id, positions, weights))
            }
            writer.finish()
            let chunk = writer.chunks[0]
            var body = ByteWriter()
            for offset in writer.offsets { body.u32(offset) }
            let table = try body.bytes.withUnsafeBytes { bytes in
                let table = try ForwardTable(body: bytes, terms: terms, chunkLengths: [chunk.count])
                return try (0..<table.count).map { try table.location(of: $0).offset }
            }
            for (offset, wanted) in zip(table, expected) {
                try memory.with(chunk) { chunk in
                    let record = try ForwardRecord(chunk: chunk, offset: offset, isWide: isWide)
                    #expect(try record.identifier() == wanted.id)
                    #expect((0..<record.count).map { UInt32(record.position($0)) } == wanted.positions)
                    #expect((0..<record.count).map { record.weight($0) } == wanted.weights)
                }
            }
            for round in 0..<4000 {
                var damaged = Array(chunk[..<Int(random.next() % UInt64(chunk.count + 1))])
                if !damaged.isEmpty { damaged[Int(random.next() % UInt64(damaged.count))] = UInt8(round & 255) }
                let offset = 4 * Int(random.next() % UInt64(chunk.count / 4 + 2))
                memory.with(damaged) { chunk in
                    guard let record = try? ForwardRecord(chunk: chunk, offset: offset, isWide: isWide) else { return }
                    _ = try? record.identifier()
                    var sum: Float = 0
                    for index in 0..<record.count { sum += record.weight(index) + Float(record.position(index)) }
                }
            }
        }
    }

    @Test func `forward tables stay inside their chunks`() throws {
        func places(_ offsets: [UInt32], _ lengths: [Int]) -> [Bool]? {
            var body = ByteWriter()
            for offset in offsets { body.u32(offset) }
            return body.bytes.withUnsafeBytes { bytes in
                guard let table = try? ForwardTable(body: bytes, terms: 5, chunkLengths: lengths) else { return nil }
                return (-1...offsets.count).map { (try? table.location(of: $0)) != nil }
            }
        }
        #expect(places([0, 1, 2, 3], [12]) == [false, true, true, true, false, false])
        for chunk in [ForwardWriter.smallChunkBytes, ForwardWriter.largeChunkBytes] {
            #expect(places([.max, UInt32(chunk / 4)], [chunk, 4]) == [false, false, true, false])
            #expect(places([0], [chunk - 4, 4]) == nil)
            #expect(places([0], [chunk, chunk + 4]) == nil)
        }
        #expect(places([0], [ForwardWriter.smallChunkBytes, ForwardWriter.largeChunkBytes]) == nil)
        #expect(places([0], [ForwardWriter.largeChunkBytes + 4]) == nil)
        #expect(places([], [4]) == nil)
        #expect(places([0], []) == nil, "a window has exact vectors")
    }
}

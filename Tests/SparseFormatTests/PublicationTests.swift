import Testing

@testable import SparseFormat

@Suite struct PublicationTests {
    private let uuid = StoreUUID(high: 0x0011_2233_4455_4677, low: 0x8899_AABB_CCDD_EEFF)

    /// The record of the example in FORMAT.md: two nodes, the second of zeros.
    private func record() throws -> PublicationRecord {
        let node = PublicationRecord.node([try hash(of: [1, 2, 3])])
        return PublicationRecord(
            uuid: uuid, generation: 42, transaction: 57, time: 1_767_225_600_000_000, documents: 5, pageSize: 4_096,
            pages: 1_030, extentPages: 8, nodes: [try hash(of: node), .none])
    }

    private func hash(of bytes: [UInt8]) throws -> ContentHash {
        try #require(bytes.withUnsafeBytes { ContentHash(of: $0) })
    }

    private func example(_ name: String) throws -> [UInt8] {
        try #require(try FormatDocument.examples().first { $0.name == name }).value
    }

    @Test func `FORMAT.md's target and manifest are what the code writes`() throws {
        #expect(try TargetRecord(example("target")) == TargetRecord(uuid: uuid))
        #expect(try example("target") == TargetRecord(uuid: uuid).bytes)
        #expect(try PublicationRecord(example("publication")) == record())
        #expect(try example("publication") == record().bytes)
        let object = try #require(try FormatDocument.examples().first { $0.name == "publication" }).table
        #expect(try object == "manifests/00000000000000000042-\(hash(of: record().bytes))")
    }

    @Test func `a hash is SHA-256`() throws {
        // FIPS 180-2, B.1.
        #expect(
            try hash(of: Array("abc".utf8)).description
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let other = try hash(of: [7])
        #expect(ContentHash("\(other)") == other)
        #expect(ContentHash("\(other)".uppercased()) == nil)
        #expect(ContentHash("\(other)".dropLast()) == nil)
    }

    @Test func `no truncated or longer record is read`() throws {
        for bytes in [try record().bytes, TargetRecord(uuid: uuid).bytes] {
            for count in 0..<bytes.count {
                #expect(throws: FormatError.self) { try PublicationRecord(Array(bytes.prefix(count))) }
                #expect(throws: FormatError.self) { try TargetRecord(Array(bytes.prefix(count))) }
            }
            #expect(throws: FormatError.self) { try PublicationRecord(bytes + [0]) }
            #expect(throws: FormatError.self) { try TargetRecord(bytes + [0]) }
        }
    }

    @Test func `a manifest that claims anything is refused or small`() throws {
        var generator = SplitMix64(seed: 3)
        let sound = try record().bytes
        for _ in 0..<20_000 {
            var bytes = sound
            for _ in 0...Int(generator.next() % 3) {
                bytes[Int(generator.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: generator.next())
            }
            guard let record = try? PublicationRecord(bytes) else { continue }
            #expect(record.nodes.count == 2)
            #expect(record.bytes == bytes)
        }
    }

    @Test func `no manifest has more nodes than the limit`() throws {
        var record = try record()
        record.pages = (PublicationRecord.maximumNodes + 1) * PublicationRecord.nodeExtents * record.extentPages
        record.nodes = [ContentHash](repeating: .none, count: PublicationRecord.maximumNodes + 1)
        #expect(throws: FormatError.self) { try PublicationRecord(record.bytes) }
        record.pages -= PublicationRecord.nodeExtents * record.extentPages
        record.nodes.removeLast()
        #expect(record.bytes.count == PublicationRecord.maximumBytes)
        #expect(try PublicationRecord(record.bytes) == record)
    }

    @Test func `no flipped bit of a chunk gives other content`() throws {
        let content = (0..<4_096).map { UInt8(truncatingIfNeeded: $0 * $0 >> 5) }
        let frame = try #require(content.withUnsafeBytes { PublishedChunk.frame($0, ZstdCompressor()) })
        let hash = try hash(of: content)
        let decompressor = ZstdDecompressor()
        #expect(try PublishedChunk.content(frame, size: 4_096, hash: hash, decompressor) == content)
        for bit in 0..<frame.count * 8 {
            var damaged = frame
            damaged[bit / 8] ^= 1 << (bit % 8)
            // Some bits of a frame decide nothing.
            if let read = try? PublishedChunk.content(damaged, size: 4_096, hash: hash, decompressor) {
                #expect(read == content)
            }
        }
    }

    @Test func `a mark fits its header pages only`() throws {
        let mark = PublishedMark(uuid: uuid, generation: 42, transaction: 57)
        var headers = (0..<8_192).map { UInt8(truncatingIfNeeded: $0) }
        #expect(PublishedMark(headers: headers, pageSize: 4_096) == nil)
        mark.write(into: &headers, pageSize: 4_096)
        #expect(PublishedMark(headers: headers, pageSize: 4_096) == mark)
        for byte in [0, 151, 4_096, 4_096 + 151, 4_096 - 1, 4_096 - PublishedMark.size] {
            var changed = headers
            changed[byte] ^= 1
            #expect(PublishedMark(headers: changed, pageSize: 4_096) == nil, "byte \(byte)")
        }
    }
}

import Testing

@testable import SparseFormat

@Suite struct SegmentTests {
    private func body(_ write: (inout ByteWriter) -> Void) -> [UInt8] {
        var writer = ByteWriter()
        write(&writer)
        return writer.bytes
    }

    private func code(_ body: [UInt8], _ read: (UnsafeRawBufferPointer) throws -> Void) -> FormatError.Code? {
        do {
            try body.withUnsafeBytes(read)
            return nil
        } catch {
            return (error as? FormatError)?.code
        }
    }

    @Test func `ordinals of numbers`() throws {
        var random = SeededGenerator()
        for count in [1, 2, 3, 100, 1000] {
            let first = random.number() >> 2
            var numbers = [first]
            while numbers.count < count { numbers.append(numbers[numbers.count - 1] + 1 + random.next() % 9) }
            try body { SegmentDocuments.encode(numbers, into: &$0) }.withUnsafeBytes { bytes in
                let view = try SegmentDocuments(body: bytes)
                #expect(view.count == count)
                for (ordinal, number) in numbers.enumerated() {
                    #expect(view[ordinal] == number)
                    #expect(view.ordinal(of: number) == ordinal)
                    #expect(view.firstOrdinal(from: number) == ordinal)
                    if !numbers.contains(number + 1) { #expect(view.ordinal(of: number + 1) == nil) }
                }
                #expect(view.firstOrdinal(from: 0) == 0)
                #expect(view.firstOrdinal(from: .max) == count)
                #expect(view.ordinal(of: .max) == nil)
                #expect(first == 0 || view.ordinal(of: first - 1) == nil)
                #expect(view[-1] == numbers.first && view[count] == numbers.last && view[.max] == numbers.last)
            }
        }
    }

    @Test func `document rules`() {
        let ascend = FormatError.Code.invariant(23, Invariant.documentsAscend.rule)
        func code(_ base: UInt64, _ offsets: [UInt32], tail: [UInt8] = []) -> FormatError.Code? {
            let body = body { writer in
                writer.u64(base)
                for offset in offsets { writer.u32(offset) }
                writer.append(tail)
            }
            return self.code(body) { _ = try SegmentDocuments(body: $0) }
        }
        #expect(code(0, [0]) == nil)
        #expect(code(0, []) == ascend)
        #expect(code(0, [1, 1]) == ascend)
        #expect(code(0, [2, 1]) == ascend)
        #expect(code(.max, [0]) == nil)
        #expect(code(.max, [0, 1]) == ascend)
        #expect(code(.max - 5, [5]) == nil)
        #expect(code(0, [1], tail: [1]) == .truncated)
        #expect(self.code([1, 2, 3]) { _ = try SegmentDocuments(body: $0) } == .truncated)
        #expect(self.code([]) { _ = try SegmentDocuments(body: $0) } == .truncated)
    }

    @Test func `numbers that cannot be encoded are refused when read`() {
        for numbers: [UInt64] in [[], [5, 5], [5, 4], [0, 1 << 32], [0, 1 << 40, 1 << 41]] {
            let body = body { SegmentDocuments.encode(numbers, into: &$0) }
            #expect(code(body) { _ = try SegmentDocuments(body: $0) } != nil, "\(numbers)")
        }
    }

    @Test func `chunk data begin at a cache line`() {
        #expect(16 + ValueHeader.size + SegmentChunkHeader.size == 64)
    }

    @Test func `chunk rules`() throws {
        let lengths = FormatError.Code.invariant(22, Invariant.chunkLengths.rule)
        func chunk(_ codec: UInt8, _ length: UInt32, _ data: [UInt8]) -> FormatError.Code? {
            let body = body { writer in
                writer.u8(codec)
                writer.zeros(3)
                writer.u32(length)
                writer.zeros(24)
                writer.append(data)
            }
            return code(body) { body in
                let header = try SegmentChunkHeader(body: body)
                if header.codec == .raw { #expect(try header.rawLength(body: body) == data.count) }
            }
        }
        let (raw, planes): (UInt8, UInt8) = (0, 1)
        #expect(chunk(raw, 0, []) == nil)
        #expect(chunk(raw, 3, [1, 2, 3]) == nil)
        #expect(chunk(raw, 2, [1, 2, 3]) == lengths)
        #expect(chunk(raw, 4, [1, 2, 3]) == lengths)
        #expect(chunk(raw, 1 << 24, [UInt8](repeating: 0, count: 1 << 24)) == nil)
        #expect(chunk(raw, 1 << 24 + 1, [UInt8](repeating: 0, count: 1 << 24 + 1)) == .limitExceeded)
        #expect(chunk(planes, 100, [1, 2, 3]) == nil)
        #expect(chunk(planes, 100, []) == lengths)
        #expect(chunk(planes, 3, [1, 2, 3]) == lengths)
        #expect(chunk(planes, .max, [1, 2, 3]) == .limitExceeded)
        for unknown: UInt8 in 2...255 {
            #expect(chunk(unknown, 100, [1, 2, 3]) == .invariant(15, Invariant.knownEncoding.rule))
        }
    }

    @Test func `chunks in planes have no raw data`() throws {
        let body = body { writer in
            SegmentChunkHeader(codec: .planes, originalLength: 100).encode(into: &writer)
            writer.append([1, 2, 3])
        }
        #expect(code(body) { _ = try SegmentChunkHeader(body: $0).rawLength(body: $0) } == .decompression)
        let header = SegmentChunkHeader(codec: .raw, originalLength: 5)
        #expect(code([1]) { _ = try header.rawLength(body: $0) } != nil)
    }

    @Test func `values are sealed in place`() throws {
        var value = [UInt8](repeating: 0, count: 21)
        value.replaceSubrange(16..., with: [1, 2, 3, 4, 5])
        let key = Keys.segment(1, part: 2, index: 3)
        let sealed = value.withUnsafeMutableBytes { bytes in
            key.withUnsafeBytes {
                Value.seal(inPlace: bytes, kind: .segmentChunk, version: 1, table: .segments, key: $0)
            }
        }
        #expect(sealed)
        let expected = Value.seal(kind: .segmentChunk, version: 1, table: .segments, key: key) {
            $0.append([1, 2, 3, 4, 5])
        }
        #expect(value == expected)
        var short = [UInt8](repeating: 0, count: 15)
        let refused = short.withUnsafeMutableBytes { bytes in
            key.withUnsafeBytes {
                Value.seal(inPlace: bytes, kind: .segmentChunk, version: 1, table: .segments, key: $0)
            }
        }
        #expect(!refused)
        #expect(short.allSatisfy { $0 == 0 })
    }
}

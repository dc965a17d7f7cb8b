import SparseInterchange
import Testing

@Suite("Lines have numbers and offsets, and a bounded length")
struct LineReaderTests {
    @Test(arguments: [
        0, 1, 2, 262_140, 262_143, 262_144, 262_145, 524_288, 700_000,
    ])
    func `lines around the size of the buffer come whole`(size: Int) throws {
        let long = [UInt8](repeating: 0x61, count: size)
        let bytes = long + [0x0A] + Array("second".utf8) + [0x0A, 0x0A] + long
        let reader = LineReader(source: try ByteSource(bytes: bytes))
        var lines: [[UInt8]] = []
        var offsets: [UInt64] = []
        while let line = try reader.next() {
            lines.append(Array(line.bytes))
            offsets.append(reader.offset)
        }
        let whole = size == 0 ? [long, Array("second".utf8), []] : [long, Array("second".utf8), [], long]
        #expect(lines == whole)
        #expect(offsets.prefix(3) == [UInt64(size) + 1, UInt64(size) + 8, UInt64(size) + 9])
        #expect(reader.offset == UInt64(bytes.count))
        #expect(reader.number == lines.count)
    }

    @Test(arguments: [64, 100, 1_000, 300_000])
    func `a line of the longest length is kept, one longer is skipped`(limit: Int) throws {
        for (size, isTooLong) in [(limit - 1, false), (limit, false), (limit + 1, true), (limit * 5, true)] {
            for end in [[0x0A], []] as [[UInt8]] {
                let bytes = Array("a\n".utf8) + [UInt8](repeating: 0x62, count: size) + end
                let reader = LineReader(source: try ByteSource(bytes: bytes), limit: limit)
                #expect(try reader.next()?.bytes.count == 1)
                let line = try #require(try reader.next())
                #expect(line.isTooLong == isTooLong)
                #expect(line.bytes.count == (isTooLong ? 0 : size))
                #expect(try reader.next() == nil)
                #expect(reader.number == 2)
                #expect(reader.offset == UInt64(bytes.count))
            }
        }
    }

    @Test
    func `nothing, one line feed, a byte order mark alone`() throws {
        func count(_ bytes: [UInt8]) throws -> Int {
            let reader = LineReader(source: try ByteSource(bytes: bytes))
            while try reader.next() != nil {}
            return reader.number
        }
        #expect(try count([]) == 0)
        #expect(try count([0x0A]) == 1)
        #expect(try count([0xEF, 0xBB, 0xBF]) == 0)
        #expect(try count([0xEF, 0xBB]) == 1)
        #expect(try count([0xEF, 0xBB, 0xBF, 0x0A, 0x61]) == 2)
    }
}

import Testing

@testable import SparseFormat

@Suite struct ZstdTests {
    private let zstd = ZstdDecompressor()
    private let limit = Limits.maximumPayloadBytes

    private func code(
        _ frame: [UInt8], size: Int, limit: Int = Limits.maximumPayloadBytes, _ dictionary: ZstdDictionary? = nil
    ) -> FormatError.Code? {
        do {
            let bytes = try frame.withUnsafeBytes {
                try zstd.decompress($0, size: size, limit: limit, dictionary: dictionary)
            }
            #expect(bytes.count == size)
            return nil
        } catch {
            return (error as? FormatError)?.code
        }
    }

    private func compress(_ bytes: [UInt8], _ dictionary: ZstdDictionary? = nil, level: Int = 3) -> [UInt8]? {
        let compressor = ZstdCompressor(level: level)
        return bytes.withUnsafeBytes { compressor.compress($0, limit: 2 * bytes.count + 100, dictionary: dictionary) }
    }

    @Test func `frames of another writer`() throws {
        let lines = try FormatDocument.vectors("zstd.txt")
        #expect(lines.count > 20)
        for line in lines {
            let frame = line[3] == "-" ? [] : try FormatDocument.bytes(hex: line[3])
            let size = try #require(Int(line[2]))
            #expect((code(frame, size: size) == nil) == (line[1] == "accept"), "\(line[0])")
        }
    }

    @Test func `round trips`() throws {
        var random = SeededGenerator()
        for size in [1, 2, 50, 255, 256, 257, 5_000, 65_791, 65_792, 300_000] {
            let noise = random.bytes(size)
            let text = (0..<size).map { UInt8($0 % 50) }
            for bytes in [noise, text] {
                for level in [-100, 1, 3, 19, 100] where size < 100_000 || level < 19 {
                    let frame = try #require(compress(bytes, level: level))
                    let decoded = try frame.withUnsafeBytes { try zstd.decompress($0, size: size, limit: size) }
                    #expect(decoded == bytes, "size \(size), SPARSE_SEED=\(random.seed)")
                }
            }
        }
    }

    @Test func `the expected size and the limit hold`() throws {
        let frame = try #require(compress([UInt8](repeating: 7, count: 1000)))
        #expect(code(frame, size: 1000) == nil)
        #expect(code(frame, size: 999) == .decompression)
        #expect(code(frame, size: 1001) == .decompression)
        #expect(code(frame, size: 1000, limit: 1000) == nil)
        #expect(code(frame, size: 1000, limit: 999) == .limitExceeded)
        #expect(code(frame, size: 0) == .limitExceeded)
        #expect(code(frame, size: -1) == .limitExceeded)
        #expect(code(frame, size: .max) == .limitExceeded)
    }

    @Test func `damaged frames give errors or their size`() throws {
        var random = SeededGenerator()
        let memory = try #require(GuardedBytes())
        let text = Array(String(repeating: "the quick brown fox jumps over the lazy dog ", count: 9).utf8)
        let frame = try #require(compress(text, Samples.dictionary))
        for bit in 0..<8 * frame.count {
            var damaged = frame
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            for dictionary in [nil, Samples.dictionary] {
                let decoded = try? memory.with(damaged) {
                    try zstd.decompress($0, size: text.count, limit: limit, dictionary: dictionary)
                }
                #expect(decoded.map { $0.count == text.count } ?? true)
            }
        }
        for _ in 0..<3000 {
            let start = Array(frame[..<Int(random.next() % UInt64(frame.count))])
            let bytes = start + random.bytes(Int(random.next() % 40))
            _ = try? memory.with(bytes) { try zstd.decompress($0, size: text.count, limit: limit) }
            _ = try? memory.with(bytes) { try ZstdDecompressor.contentSize($0) }
        }
    }

    @Test func `a context survives failures`() throws {
        let good = try #require(compress(Array("good good good good".utf8)))
        for _ in 0..<50 {
            #expect(code(Array(good.dropLast()), size: 19) == .decompression)
            #expect(code(good, size: 19) == nil)
        }
    }

    @Test func `dictionaries help and are needed`() throws {
        let samples = (0..<2000).map { "{\"title\":\"document \($0 * 7)\",\"language\":\"en\",\"source\":\"wiki\"}" }
        let trained = try #require(ZstdDictionary.train(samples: samples.map { Array($0.utf8) }, capacity: 4096))
        #expect(trained.count <= 4096)
        let dictionary = ZstdDictionary(id: 1, bytes: trained)
        let bytes = Array(samples[5].utf8)
        let frame = try #require(compress(bytes, dictionary))
        let plain = try #require(compress(bytes))
        #expect(frame.count < plain.count / 2)
        #expect(code(frame, size: bytes.count, dictionary) == nil)
        let decoded = try frame.withUnsafeBytes {
            try zstd.decompress($0, size: bytes.count, limit: limit, dictionary: dictionary)
        }
        #expect(decoded == bytes)
        #expect(code(frame, size: bytes.count) == .decompression)
    }

    private func code(_ frame: [UInt8], size: Int, _ dictionary: ZstdDictionary) -> FormatError.Code? {
        code(frame, size: size, limit: limit, dictionary)
    }

    @Test func `a compressor changes dictionaries`() throws {
        let compressor = ZstdCompressor()
        let bytes = Array(String(repeating: "lazy dog fox", count: 5).utf8)
        for id: UInt32 in [1, 2, 1, 3] {
            let dictionary = ZstdDictionary(id: id, bytes: Array("dictionary \(id) the lazy dog fox".utf8))
            let with = bytes.withUnsafeBytes { compressor.compress($0, limit: 99, dictionary: dictionary) }
            let frame = try #require(with)
            #expect(code(frame, size: bytes.count, dictionary) == nil)
            let without = try #require(bytes.withUnsafeBytes { compressor.compress($0, limit: 99) })
            #expect(code(without, size: bytes.count) == nil)
        }
    }

    @Test func `bad dictionaries are no harm`() throws {
        // The magic of a trained dictionary, and nothing that could follow it.
        let broken = ZstdDictionary(id: 9, bytes: [0x37, 0xA4, 0x30, 0xEC, 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF])
        let empty = ZstdDictionary(id: 9, bytes: [])
        let frame = try #require(compress([UInt8](repeating: 7, count: 1000)))
        for dictionary in [broken, empty] {
            #expect(compress([UInt8](repeating: 7, count: 1000), dictionary) == nil)
            #expect(code(frame, size: 1000, dictionary) == .decompression)
        }
        var random = SeededGenerator()
        for length in 1..<200 {
            let dictionary = ZstdDictionary(id: 9, bytes: [0x37, 0xA4, 0x30, 0xEC] + random.bytes(length))
            _ = code(frame, size: 1000, dictionary)
        }
    }

    @Test func `training needs enough`() {
        #expect(ZstdDictionary.train(samples: []) == nil)
        #expect(ZstdDictionary.train(samples: [[1, 2, 3]]) == nil)
        #expect(ZstdDictionary.train(samples: Array(repeating: [], count: 100)) == nil)
        #expect(ZstdDictionary.train(samples: [[1]], capacity: 0) == nil)
        #expect(ZstdDictionary.train(samples: [[1]], capacity: -1) == nil)
        #expect(ZstdDictionary.train(samples: [[1]], capacity: .max) == nil)
    }

    @Test func `what is not worth it is not compressed`() {
        var random = SeededGenerator()
        let noise = random.bytes(1000)
        let compressor = ZstdCompressor()
        #expect(ZstdCompressor.worthwhile(1000) == 950)
        #expect(ZstdCompressor.worthwhile(1) == 0)
        #expect(ZstdCompressor.worthwhile(0) == 0)
        let frame = noise.withUnsafeBytes { compressor.compress($0, limit: ZstdCompressor.worthwhile(1000)) }
        #expect(frame == nil)
        let empty = [UInt8]().withUnsafeBytes { compressor.compress($0, limit: 100) }
        #expect(empty == nil)
        let none = noise.withUnsafeBytes { compressor.compress($0, limit: -1) }
        #expect(none == nil)
    }
}

import Testing

@testable import SparseFormat

@Suite struct XXH64Tests {
    /// The buffer that the reference implementation tests itself with.
    private static func sanityBuffer(_ count: Int) -> [UInt8] {
        var state: UInt64 = 2_654_435_761
        return (0..<count).map { _ in
            defer { state = state &* 11_400_714_785_074_694_797 }
            return UInt8(state >> 56)
        }
    }

    @Test func `agrees with the reference`() throws {
        let buffer = Self.sanityBuffer(4200)
        let memory = try #require(GuardedBytes())
        let lines = try FormatDocument.vectors("xxh64.txt")
        #expect(lines.count > 300)
        for line in lines {
            let length = try #require(Int(line[0]))
            let seed = try #require(UInt64(line[1], radix: 16))
            let hash = memory.with(Array(buffer[..<length])) { XXH64.hash($0, seed: seed) }
            #expect(hash == UInt64(line[2], radix: 16), "length \(length), seed \(seed)")
        }
    }

    @Test func `empty buffers hash alike`() {
        #expect(XXH64.hash(UnsafeRawBufferPointer(start: nil, count: 0), seed: 0) == 0xEF46_DB37_51D8_E999)
        #expect(XXH64.hash([], seed: 0) == 0xEF46_DB37_51D8_E999)
    }

    @Test func `any address gives the same hash`() throws {
        let buffer = Self.sanityBuffer(100)
        for shift in 0..<16 {
            let shifted = [UInt8](repeating: 0, count: shift) + buffer
            let hash = shifted.withUnsafeBytes { XXH64.hash(UnsafeRawBufferPointer(rebasing: $0[shift...]), seed: 5) }
            #expect(hash == XXH64.hash(buffer, seed: 5))
        }
    }
}

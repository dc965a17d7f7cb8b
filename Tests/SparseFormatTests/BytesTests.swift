import Testing

@testable import SparseFormat

@Suite struct BytesTests {
    private func read<Result>(
        _ bytes: [UInt8], _ body: (inout ByteReader) throws -> Result
    ) throws -> Result {
        try bytes.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            let result = try body(&reader)
            try reader.finish()
            return result
        }
    }

    private func code(_ bytes: [UInt8], _ body: (inout ByteReader) throws -> Void) -> FormatError.Code? {
        do {
            try read(bytes, body)
            return nil
        } catch {
            return (error as? FormatError)?.code
        }
    }

    @Test func `fixed numbers are little endian`() throws {
        var writer = ByteWriter()
        writer.u8(1)
        writer.u16(0x0203)
        writer.u32(0x0405_0607)
        writer.u64(0x0809_0A0B_0C0D_0E0F)
        writer.f32(1)
        writer.f64(-2)
        let expected: [UInt8] = [1, 3, 2, 7, 6, 5, 4, 15, 14, 13, 12, 11, 10, 9, 8]
        #expect(writer.bytes == expected + [0, 0, 0x80, 0x3F] + [0, 0, 0, 0, 0, 0, 0, 0xC0])
        let values = try read(writer.bytes) { reader throws in
            (try reader.u8(), try reader.u16(), try reader.u32(), try reader.u64(), try reader.f32(), try reader.f64())
        }
        #expect(values == (1, 0x0203, 0x0405_0607, 0x0809_0A0B_0C0D_0E0F, 1, -2))
    }

    @Test func `floats keep their bits`() throws {
        for bits: UInt32 in [0, 0x8000_0000, 1, 0x7F80_0000, 0xFF80_0000, 0x7FC0_0001, 0xFFFF_FFFF] {
            var writer = ByteWriter()
            writer.f32s([Float(bitPattern: bits)])
            #expect(try read(writer.bytes) { try $0.u32() } == bits)
        }
    }

    @Test func `varints go there and back`() throws {
        var random = SeededGenerator()
        let edges = (0..<64).flatMap { [UInt64(1) << UInt64($0), (UInt64(1) << UInt64($0)) - 1] } + [.max]
        for value in edges + (0..<2000).map({ _ in random.number() }) {
            var writer = ByteWriter()
            writer.varint(value)
            #expect(writer.count == max(1, (64 - value.leadingZeroBitCount + 6) / 7))
            #expect(try read(writer.bytes) { try $0.varint64() } == value)
            let narrow = try? read(writer.bytes) { try $0.varint32() }
            #expect(narrow == UInt32(exactly: value))
            let signed = Int64(bitPattern: value)
            var zigzag = ByteWriter()
            zigzag.zigzag(signed)
            #expect(try read(zigzag.bytes) { try $0.zigzag64() } == signed)
            #expect((try? read(zigzag.bytes) { try $0.zigzag32() }) == Int32(exactly: signed))
        }
    }

    @Test func `zigzag counts from zero`() {
        for (value, byte) in [(Int64(0), UInt8(0)), (-1, 1), (1, 2), (-2, 3), (2, 4), (63, 126), (-64, 127)] {
            var writer = ByteWriter()
            writer.zigzag(value)
            #expect(writer.bytes == [byte])
        }
    }

    @Test(
        arguments: [[UInt8]]([
            [0x80, 0x00], [0xFF, 0x00], [0x80, 0x80, 0x00], [0x80, 0x80, 0x80, 0x80, 0x00],
            [0x80, 0x80, 0x80, 0x80, 0x10], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
        ]))
    func `bad varints of32 bits`(_ bytes: [UInt8]) {
        #expect(code(bytes) { _ = try $0.varint32() } == .badVarint)
    }

    @Test func `bad varints of64 bits`() {
        let nines = [UInt8](repeating: 0xFF, count: 9)
        #expect(code(nines + [0x02]) { _ = try $0.varint64() } == .badVarint)
        #expect(code(nines + [0x00]) { _ = try $0.varint64() } == .badVarint)
        #expect(code(nines + [0x81]) { _ = try $0.varint64() } == .badVarint)
        #expect(code(nines + [0xFF, 0x01]) { _ = try $0.varint64() } == .badVarint)
        #expect(code(nines + [0x01]) { _ = try $0.varint64() } == nil)
        #expect(code(nines) { _ = try $0.varint64() } == .truncated)
        #expect(code([]) { _ = try $0.varint64() } == .truncated)
    }

    @Test func `reads stop at the end`() {
        for length in 0..<8 {
            let bytes = [UInt8](repeating: 1, count: length)
            #expect(code(bytes) { _ = try $0.u64() } == .truncated)
            #expect(code(bytes) { _ = try $0.take(length + 1) } == .truncated)
            #expect(code(bytes) { _ = try $0.take(.max) } == .truncated)
            #expect(code(bytes) { _ = try $0.take(-1) } == .truncated)
            #expect(code(bytes) { _ = try $0.take(length) } == nil)
            #expect(code(bytes + [0]) { _ = try $0.take(length) } == .trailingBytes)
        }
        #expect(code([1, 2]) { _ = try $0.text(3) } == .truncated)
        #expect(code([0xC3, 0x28]) { _ = try $0.text(2) } == .badUTF8)
        #expect(code([0, 0, 1]) { try $0.zeros(3) } == .invariant(2, Invariant.reservedBytesAreZero.rule))
    }

    @Test func `counts are proven before memory is reserved`() {
        let bytes = [UInt8](repeating: 0, count: 12)
        func proven(_ count: UInt64, _ size: Int, _ limit: Int) -> FormatError.Code? {
            code(bytes) {
                _ = try $0.proven(count, elementBytes: size, limit: limit)
                _ = $0.rest()
            }
        }
        #expect(proven(3, 4, 10) == nil)
        #expect(proven(4, 4, 10) == .truncated)
        #expect(proven(11, 1, 10) == .limitExceeded)
        #expect(proven(.max, 4, .max) == .limitExceeded)
        #expect(proven(1 << 62, 4, .max) == .truncated)
        #expect(proven(0, 0, -1) == nil)
        #expect(proven(1, 0, -1) == .limitExceeded)
    }

    @Test func `readers name their place`() {
        let one: [UInt8] = [1]
        one.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes, table: .segments, key: [0xAB])
            #expect(throws: FormatError(.truncated, table: .segments, key: "ab")) { try reader.u16() }
            let error = reader.invariant(40, "why")
            #expect(error == FormatError(.invariant(40, "why"), table: .segments, key: "ab"))
        }
    }

    @Test func `alignment pads with zeros`() {
        var writer = ByteWriter()
        writer.align(to: 8)
        #expect(writer.count == 0)
        writer.u8(1)
        writer.align(to: 8)
        #expect(writer.bytes == [1, 0, 0, 0, 0, 0, 0, 0])
        writer.align(to: 0)
        writer.zeros(-1)
        #expect(writer.count == 8)
        writer.removeAll()
        #expect(writer.count == 0)
    }
}

import SparseInterchange
import Testing

@Suite("Bytes come from files and arrays, decompressed where they are compressed")
struct ByteSourceTests {
    /// `{"id":1,"vector":{"a":1}}` and a line feed, in a frame with a checksum.
    static let frame = Support.bytes(
        hex: "28b52ffd0458d100007b226964223a312c22766563746f72223a7b2261223a317d7d0ac449f28d")
    static let plain = Array("{\"id\":1,\"vector\":{\"a\":1}}\n".utf8)
    /// No content at all.
    static let emptyFrame = Support.bytes(hex: "28b52ffd240001000099e9d851")
    /// A skippable frame of three bytes.
    static let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3]

    private func content(_ bytes: [UInt8]) throws -> [UInt8] {
        try ByteSource(bytes: bytes).readAll()
    }

    @Test
    func `frames one after another, empty ones and skippable ones between`() throws {
        #expect(try content(Self.frame) == Self.plain)
        #expect(try content(Self.frame + Self.frame) == Self.plain + Self.plain)
        #expect(try content(Self.emptyFrame + Self.skippable + Self.frame + Self.emptyFrame) == Self.plain)
        #expect(try content(Self.skippable + Self.frame) == Self.plain)
        #expect(try content(Self.emptyFrame) == [])
        #expect(try content([]) == [])
    }

    @Test
    func `a frame cut at every length is an error`() throws {
        for count in 4..<Self.frame.count {
            #expect(throws: InterchangeError.self, "\(count)") { try content(Array(Self.frame[..<count])) }
        }
        #expect(throws: InterchangeError.self) { try content(Self.frame + Self.frame.dropLast()) }
    }

    @Test
    func `a frame with any bit changed is an error or the same content, where a checksum guards it`() throws {
        for index in Self.frame.indices {
            for bit in 0..<8 {
                var damaged = Self.frame
                damaged[index] ^= 1 << bit
                guard let found = try? content(damaged) else { continue }
                // The magic number gone, the bytes are no frame any more and stand for themselves.
                #expect(found == Self.plain || found == damaged, "byte \(index), bit \(bit)")
            }
        }
    }

    @Test
    func `what follows a frame must be a frame`() throws {
        #expect(throws: InterchangeError.self) { try content(Self.frame + [1, 2, 3, 4, 5]) }
    }

    @Test
    func `a window of the limit is taken, a larger one refused`() throws {
        // A frame with a window descriptor in place of its size, and one block, the last: raw, one byte.
        func frame(windowLog: Int32) -> [UInt8] {
            Array(Self.frame[..<4]) + [0x00, UInt8(windowLog - 10) << 3] + [0x09, 0x00, 0x00, 0x61]
        }
        #expect(try content(frame(windowLog: InterchangeLimits.zstdWindowLog)) == [0x61])
        for log in [InterchangeLimits.zstdWindowLog + 1, 31] {
            let error = #expect(throws: InterchangeError.self) { try content(frame(windowLog: log)) }
            #expect(error?.code == .limitExceeded)
        }
    }

    @Test
    func `xz and bzip2 are refused with a remedy`() throws {
        for bytes in [Array("BZh91AY".utf8), [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]] as [[UInt8]] {
            do {
                _ = try ByteSource(bytes: bytes)
                Issue.record("accepted")
            } catch {
                #expect(error.code == .unsupported)
                #expect(error.message.contains("give '-' as input"))
            }
        }
    }

    @Test
    func `looking ahead takes nothing away, and offsets count content`() throws {
        for bytes in [Self.plain, Self.frame] {
            let source = try ByteSource(bytes: bytes)
            #expect(try source.peek(3) == Array(Self.plain[..<3]))
            #expect(try source.peek(8) == Array(Self.plain[..<8]))
            #expect(source.offset == 0)
            #expect(try source.read(count: 5) == Array(Self.plain[..<5]))
            #expect(try source.peek(1_000) == Array(Self.plain[5...]))
            #expect(source.offset == 5)
            try source.skip(to: 10)
            #expect(try source.readAll() == Array(Self.plain[10...]))
            #expect(source.offset == UInt64(Self.plain.count))
            #expect(throws: InterchangeError.self) { try source.skip(to: 1_000) }
        }
    }

    @Test
    func `a file is skipped through like an array`() throws {
        let bytes = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 / 7) & 0x7F }
        try Support.withFile(bytes) { path in
            for target in [0, 1, 100, 262_143, 262_144, 262_145, 999_999, 1_000_000] {
                let source = try ByteSource(path: path)
                _ = try source.peek(8)
                try source.skip(to: UInt64(target))
                #expect(try source.readAll() == Array(bytes[target...]))
                #expect(source.rawSize == 1_000_000)
            }
            let source = try ByteSource(path: path)
            #expect(throws: InterchangeError.self) { try source.skip(to: 1_000_001) }
        }
    }

    @Test
    func `reading all has a limit`() throws {
        #expect(try ByteSource(bytes: [1, 2, 3]).readAll(limit: 3) == [1, 2, 3])
        #expect(throws: InterchangeError.self) { try ByteSource(bytes: [1, 2, 3]).readAll(limit: 2) }
    }

    @Test
    func `a missing file and a directory are told apart from trouble with the disk`() throws {
        for path in ["/nowhere/at/all", "/"] {
            do {
                _ = try ByteSource(path: path)
                Issue.record("opened")
            } catch {
                #expect(error.code == .notFound)
                #expect(error.message.contains(path))
            }
        }
    }
}

import Platform
import SystemPackage
import TestSupport
import Testing

@testable import LMDB

/// A damaged file must be refused before liblmdb maps it.
@Suite struct PreflightTests {
    let folder = TemporaryFolder()

    /// A database with a tree of depth 2 and some free pages, none of them at the end.
    func sample() throws -> [UInt8] {
        let environment = try Environment.make(folder.file())
        let table = try environment.table(named: "t")
        for round in 0..<4 {
            try environment.write { transaction in
                for key in 0..<300 as Range<UInt32> {
                    try transaction.writer.put(table, key, [UInt8](repeating: UInt8(round), count: 40))
                }
            }
        }
        // Longer than any run of free pages, so it goes to the end: with free pages there, a shorter file would be sound.
        try environment.put(1_000, [UInt8](repeating: 9, count: 300_000))
        environment.close()
        return readBytes(folder.file())
    }

    func examine(_ bytes: [UInt8]) throws -> Int {
        try Preflight.examine(
            fileBytes: { bytes.count },
            read: { offset, count in
                offset < bytes.count ? Array(bytes[offset..<min(bytes.count, offset + count)]) : []
            }
        ).usedBytes
    }

    @Test func `a sound file passes`() throws {
        let bytes = try sample()
        #expect(try examine(bytes) <= bytes.count)
        #expect(try Preflight.run(folder.file().string).usedBytes == examine(bytes))
    }

    @Test func `every truncation is refused without a fault`() throws {
        let bytes = try sample()
        let used = try examine(bytes)
        let lengths = [
            1, 15, 16, 100, 151, 152, 4_095, 4_096, 4_200, 8_191, 8_192, used / 2, used - 4_096, used - 1,
        ]
        for length in lengths {
            writeBytes(Array(bytes.prefix(length)), to: folder.file("short"))
            expectError(.truncated, "length \(length)") { _ = try Environment.make(folder.file("short")) }
        }
        #expect(!folder.entries.contains("short-lock"))
    }

    @Test func `garbage is no database`() throws {
        var generator = SystemRandomNumberGenerator()
        for size in [200, 4_096, 8_192, 100_000] {
            writeBytes((0..<size).map { _ in .random(in: 0...254, using: &generator) }, to: folder.file("garbage"))
            expectError(.notADatabase) { _ = try Environment.make(folder.file("garbage")) }
        }
        // Shorter than a header: told from a database that was cut off by its first bytes.
        for text in ["a", "hello, world\n", String(repeating: "text ", count: 30)] {
            writeBytes(Array(text.utf8), to: folder.file("garbage"))
            expectError(.notADatabase, "\(text)") { _ = try Environment.make(folder.file("garbage")) }
        }
        writeBytes([UInt8](repeating: 0, count: 100_000), to: folder.file("garbage"))
        expectError(.notADatabase) { _ = try Environment.make(folder.file("garbage")) }
    }

    /// Every bit of every checked field, in both header pages: an error, or a value that is as good. Never a trap.
    @Test func `every flipped bit of the headers is survived`() throws {
        let bytes = try sample()
        var refused = 0
        for page in [0, 4_096] {
            for offset in 0..<MetaPage.byteCount {
                for bit in 0..<8 {
                    var damaged = bytes
                    damaged[page + offset] ^= 1 << bit
                    do {
                        _ = try examine(damaged)
                    } catch {
                        #expect(error is PreflightProblem)
                        refused += 1
                    }
                }
            }
        }
        #expect(refused > 300)
    }

    /// The bounds of the nodes are compared with each other, and with the page's header and end.
    @Test func `no bounds of the nodes of a root page trap`() throws {
        let bytes = try sample()
        let metas = try [0, 4_096].map { start in
            try bytes[start..<start + MetaPage.byteCount].withUnsafeBytes { try MetaPage($0) }
        }
        let meta = try #require(metas.max { $0.transactionID < $1.transactionID })
        var refused = 0
        for tree in [meta.free, meta.main] {
            let page = Int(tree.root) * meta.pageSize
            for lower: UInt16 in [0, 1, 15, 16, 18, 4_096, 4_097, .max] {
                for upper: UInt16 in [0, 1, 15, 16, 17, 4_096, 4_097, .max] {
                    var damaged = bytes
                    for (offset, value) in [(12, lower), (14, upper)] {
                        damaged[page + offset] = UInt8(truncatingIfNeeded: value)
                        damaged[page + offset + 1] = UInt8(value >> 8)
                    }
                    do {
                        _ = try examine(damaged)
                    } catch let problem as PreflightProblem {
                        #expect(problem.code == .corrupted)
                        refused += 1
                    }
                }
            }
        }
        // Right are 16 with 16, 17 and 4,096, 18 with 4,096, and 4,096 with itself.
        #expect(refused == 2 * (64 - 5))
    }

    @Test func `the kind of damage is told`() throws {
        let bytes = try sample()
        func code(_ change: (inout [UInt8]) -> Void) -> LMDBError.Code? {
            var damaged = bytes
            change(&damaged)
            do {
                _ = try examine(damaged)
                return nil
            } catch let problem as PreflightProblem {
                return problem.code
            } catch {
                return .other
            }
        }
        func store<T: FixedWidthInteger>(_ value: T, at offset: Int) -> (inout [UInt8]) -> Void {
            { bytes in
                withUnsafeBytes(of: value) { for (index, byte) in $0.enumerated() { bytes[offset + index] = byte } }
            }
        }
        #expect(code(store(MetaPage.magic.byteSwapped, at: 16)) == .notADatabase)
        #expect(code(store(MetaPage.magic + 1, at: 4_096 + 16)) == .notADatabase)
        #expect(code(store(2 as UInt32, at: 20)) == .versionMismatch)
        #expect(code(store(999 as UInt32, at: 4_096 + 20)) == .versionMismatch)
        for size in [0, 1, 256, 4_097, 65_536, UInt32.max] { #expect(code(store(size, at: 40)) == .corrupted) }
        // The right size, but the second header is not where it then should be.
        #expect(code(store(8_192 as UInt32, at: 40)) == .notADatabase)
        let newest = bytes.withUnsafeBytes {
            $0.loadUnaligned(fromByteOffset: 144, as: UInt64.self)
                > $0.loadUnaligned(fromByteOffset: 4_096 + 144, as: UInt64.self) ? 0 : 4_096
        }
        for (page, counts) in [(newest, true), (4_096 - newest, false)] {
            #expect(code(store(UInt64(1 << 40), at: page + 136)) == (counts ? .truncated : nil))
            #expect(code(store(UInt64.max, at: page + 136)) == (counts ? .corrupted : nil))
            #expect(code(store(UInt64(0), at: page + 136)) == (counts ? .corrupted : nil))
            for root in [0, 1, 1 << 20, UInt64.max - 1, UInt64.max] {
                #expect(code(store(root, at: page + 128)) == (counts ? .corrupted : nil))
            }
            #expect(code(store(UInt16(40), at: page + 94)) == (counts ? .corrupted : nil))
        }
        let root = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: newest + 128, as: UInt64.self) }
        #expect(code(store(UInt64(999), at: Int(root) * 4_096)) == .corrupted)
        #expect(code(store(UInt16(0x08), at: Int(root) * 4_096 + 10)) == .corrupted)
        #expect(code(store(UInt16.max, at: Int(root) * 4_096 + 12)) == .corrupted)
    }

    /// A writer in another process may change the headers while they are read; that is no damage.
    @Test func `a busy file is no damaged file`() async throws {
        let environment = try Environment.make(folder.file())
        try environment.put(0, [0])
        let path = folder.file().string
        let stop = Lock(false)
        let writing = Task.detached {
            var key: UInt32 = 0
            while !stop.withLock({ $0 }) {
                try environment.put(key, [UInt8](repeating: 1, count: 3_000))
                key += 1
                await Task.yield()
            }
        }
        await #expect(processExitsWith: .success) { [path = path as String] in
            for _ in 0..<100 { try Environment.make(FilePath(path)).close() }
        }
        stop.withLock { $0 = true }
        try await writing.value
    }
}

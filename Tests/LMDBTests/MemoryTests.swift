import SystemPackage
import TestSupport
import Testing

@testable import LMDB

@Suite struct MemoryTests {
    @Test func `lines of the maps file are read`() {
        let line: Substring = "7f12a000-7f12c000 r--s 00000000 fe:00 123456                     /data/a b.sparse"
        #expect(MemoryMaps.range(in: line, of: "/data/a b.sparse") == 0x7f12_a000..<0x7f12_c000)
        #expect(MemoryMaps.range(in: line, of: "/data/a") == nil)
        #expect(MemoryMaps.range(in: "7f12a000-7f12c000 rw-p 00000000 00:00 0", of: "") == nil)
        #expect(MemoryMaps.range(in: "nonsense", of: "nonsense") == nil)
    }

    /// Snapshots of two commits and a writer go on over pages that are dropped from under them.
    @Test func `what is dropped from memory is read again`() throws {
        let folder = TemporaryFolder()
        let environment = try Environment.make(folder.file())
        let table = try environment.table(named: "t")
        func value(_ key: UInt32, _ commit: UInt8) -> [UInt8] {
            [UInt8](repeating: UInt8(truncatingIfNeeded: key) &+ commit, count: 20_000)
        }
        func commit(_ number: UInt8) throws {
            try environment.write { transaction in
                for key in 0..<200 as Range<UInt32> { try transaction.writer.put(table, key, value(key, number)) }
            }
        }
        func isWhole(_ transaction: borrowing LMDBReadTransaction, _ number: UInt8) throws -> Bool {
            for key in 0..<200 as Range<UInt32> {
                guard try transaction.reader.get(table, key).map({ [UInt8]($0) }) == value(key, number) else {
                    return false
                }
            }
            return true
        }
        try commit(1)
        let old = try environment.beginRead()
        try commit(2)
        let new = try environment.beginRead()
        #expect(try isWhole(old, 1) && isWhole(new, 2))
        let regions = environment.cachedRegions()
        environment.dropCachedPages()
        #expect(try isWhole(old, 1) && isWhole(new, 2))
        environment.dropCachedPages()
        environment.requestPages(regions)
        try commit(3)
        environment.dropCachedPages()
        #expect(try isWhole(old, 1) && isWhole(new, 2))
        #expect(try environment.value(7) == value(7, 3))
    }

    #if os(Linux)
        @Test func `the regions in memory are those of the file`() throws {
            let folder = TemporaryFolder()
            let environment = try Environment.make(folder.file())
            try environment.put(1, [UInt8](repeating: 1, count: 5 << 20))
            #expect(try environment.value(1)?.count == 5 << 20)
            let regions = environment.cachedRegions()
            #expect(regions.reduce(0) { $0 + $1.count } >= 4 << 20)
            #expect(regions.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= 8 << 20 })
            #expect(zip(regions, regions.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
        }
    #endif
}

import SystemPackage
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
}

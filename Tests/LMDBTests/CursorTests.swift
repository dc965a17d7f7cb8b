import LMDB
import TestSupport
import Testing

@Suite struct CursorTests {
    let folder = TemporaryFolder()

    func filled(_ keys: [UInt32]) throws -> (Environment, Table) {
        let environment = try Environment.make(folder.file())
        let table = try environment.table(named: "t")
        try environment.write { transaction in
            for key in keys { try transaction.writer.put(table, key, [UInt8(key & 0xFF)]) }
        }
        return (environment, table)
    }

    static func key(_ entry: LMDBCursor.Entry?) -> UInt32? {
        entry.map { UInt32(bigEndian: $0.key.loadUnaligned(as: UInt32.self)) }
    }

    @Test func `integer keys sort as numbers`() throws {
        let keys: [UInt32] = [0, 1, 255, 256, 65_535, 65_536, 1 << 24, .max]
        let (environment, table) = try filled(keys.reversed())
        let transaction = try environment.beginRead()
        var cursor = try transaction.reader.cursor(table)
        var seen: [UInt32] = []
        while let key = Self.key(try cursor.next()) { seen.append(key) }
        #expect(seen == keys)
    }

    @Test func `long integers sort as numbers too`() throws {
        let environment = try Environment.make(folder.file())
        let table = try environment.table(named: "t")
        let keys: [UInt64] = [0, 255, 256, 1 << 40, .max]
        try environment.write { transaction in
            for key in keys.reversed() { try transaction.writer.put(table, key, []) }
        }
        let transaction = try environment.beginRead()
        var cursor = try transaction.reader.cursor(table)
        for key in keys {
            #expect(try cursor.next().map { UInt64(bigEndian: $0.key.loadUnaligned(as: UInt64.self)) } == key)
        }
    }

    @Test func `seek finds the key or the next`() throws {
        let (environment, table) = try filled([10, 20, 30])
        let transaction = try environment.beginRead()
        var cursor = try transaction.reader.cursor(table)
        #expect(Self.key(try cursor.seek(atOrAfter: 20 as UInt32)) == 20)
        #expect(Self.key(try cursor.seek(atOrAfter: 21 as UInt32)) == 30)
        #expect(Self.key(try cursor.seek(atOrAfter: 31 as UInt32)) == nil)
        #expect(Self.key(try cursor.first()) == 10)
    }

    @Test func `an empty table has no entries`() throws {
        let (environment, table) = try filled([])
        let transaction = try environment.beginRead()
        var cursor = try transaction.reader.cursor(table)
        #expect(try cursor.first() == nil)
        #expect(try cursor.next() == nil)
        #expect(try cursor.seek(atOrAfter: "a") == nil)
    }

    @Test func `deleting while walking skips nothing`() throws {
        let (environment, table) = try filled(Array(0..<500))
        try environment.write { transaction in
            var cursor = try transaction.reader.cursor(table)
            var visited: [UInt32] = []
            while let key = Self.key(try cursor.next()) {
                visited.append(key)
                if key.isMultiple(of: 2) { #expect(try transaction.writer.delete(table, key)) }
            }
            #expect(visited == Array(0..<500))
        }
        let transaction = try environment.beginRead()
        #expect(try transaction.reader.statistics(table).entries == 250)
    }

    @Test func `many cursors are closed with their scope`() throws {
        let (environment, table) = try filled([1])
        let transaction = try environment.beginRead()
        for _ in 0..<1_000 {
            var cursor = try transaction.reader.cursor(table)
            #expect(try cursor.first() != nil)
        }
    }
}

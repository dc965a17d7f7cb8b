import Platform
import TestSupport
import Testing

@testable import LMDB

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

@Suite struct TransactionTests {
    let folder = TemporaryFolder()

    @Test func `what is committed is read`() throws {
        let environment = try Environment.make(folder.file())
        try environment.put(7, [1, 2, 3])
        #expect(try environment.value(7) == [1, 2, 3])
        #expect(try environment.value(8) == nil)
        environment.close()
        let again = try Environment.make(folder.file())
        #expect(try again.value(7) == [1, 2, 3])
    }

    @Test func `a throw aborts everything`() throws {
        let environment = try Environment.make(folder.file())
        let table = try environment.table(named: "t")
        let before = environment.lastTransactionID
        #expect(throws: Interruption()) {
            try environment.write { transaction in
                try transaction.writer.put(table, 1 as UInt32, [1])
                #expect(try transaction.reader.get(table, 1 as UInt32).map { [UInt8]($0) } == [1])
                throw Interruption()
            }
        }
        #expect(try environment.value(1) == nil)
        #expect(environment.lastTransactionID == before)
    }

    @Test func `a snapshot stays what it was`() throws {
        let environment = try Environment.make(folder.file())
        try environment.put(1, [1])
        let table = try environment.table(named: "t")
        let old = try environment.beginRead()
        try environment.put(1, [2])
        let new = try environment.beginRead()
        #expect(try old.reader.get(table, 1 as UInt32).map { [UInt8]($0) } == [1])
        #expect(try new.reader.get(table, 1 as UInt32).map { [UInt8]($0) } == [2])
        #expect(new.id == old.id + 1)
        #expect(environment.lastTransactionID == new.id)
    }

    @Test func `several snapshots live on one thread`() throws {
        let environment = try Environment.make(folder.file())
        let first = try environment.beginRead()
        let second = try environment.beginRead()
        #expect(first.id == second.id)
    }

    @Test func `a write inside a write is an error not a deadlock`() throws {
        let environment = try Environment.make(folder.file())
        try environment.write { _ in
            expectError(.invalidArgument) { try environment.write { _ in } }
            expectError(.invalidArgument) { try environment.copy(to: folder.file("copy"), compacting: false) }
        }
        try environment.put(1, [1])
    }

    @Test func `writers of many threads take turns`() throws {
        let environment = try Environment.make(folder.file())
        let table = try environment.table(named: "t")
        try environment.put(0, [0])
        onThreads(8) { _ in
            for _ in 0..<5 {
                try environment.write { transaction in
                    let old = try transaction.reader.get(table, 0 as UInt32)?.first ?? 0
                    try transaction.writer.put(table, 0 as UInt32, [old + 1])
                }
            }
        }
        #expect(try environment.value(0) == [40])
    }

    /// A plain lock would go back to the thread that has just released it.
    @Test func `a writer waits for one transaction of a thread that writes without end`() throws {
        let environment = try Environment.make(folder.file())
        let written = Lock(0)
        let isOver = Lock(false)
        onThreads([
            {
                while !isOver.withLock({ $0 }) {
                    try environment.write { _ in
                        usleep(2_000)
                        written.withLock { $0 += 1 }
                    }
                }
            },
            {
                defer { isOver.withLock { $0 = true } }
                while written.withLock({ $0 }) == 0 { usleep(100) }
                for _ in 0..<10 {
                    let before = written.withLock { $0 }
                    let after = try environment.write { _ in written.withLock { $0 } }
                    // The one that was running, and one that came first.
                    #expect(after - before <= 2)
                }
            },
        ])
    }

    @Test func `put modes keep their promises`() throws {
        let environment = try Environment.make(folder.file())
        let table = try environment.table(named: "t")
        try environment.write { transaction in
            try transaction.writer.put(table, "b", [1], mode: .append)
            try transaction.writer.put(table, "c", [2], mode: .append)
            expectError(.keyExists) { try transaction.writer.put(table, "a", [9], mode: .append) }
            try transaction.writer.put(table, "b", [3])
            #expect(try transaction.writer.delete(table, "c"))
            #expect(try !transaction.writer.delete(table, "c"))
        }
        let transaction = try environment.beginRead()
        #expect(try transaction.reader.get(table, "b").map { [UInt8]($0) } == [3])
        #expect(try transaction.reader.get(table, "a") == nil)
        #expect(try transaction.reader.get(table, "c") == nil)
    }

    @Test func `values of every size come back`() throws {
        let environment = try Environment.make(folder.file())
        // Around the bounds of inline values and of one, two and three overflow pages.
        let sizes = [0, 1, 2_029, 2_038, 2_039, 4_080, 4_081, 8_176, 8_177, 100_000, 1 << 20]
        let table = try environment.table(named: "t")
        try environment.write { transaction in
            for size in sizes {
                try transaction.writer.put(table, UInt32(size), [UInt8](repeating: UInt8(size % 251), count: size))
            }
        }
        for size in sizes {
            #expect(try environment.value(UInt32(size)) == [UInt8](repeating: UInt8(size % 251), count: size))
        }
    }

    @Test func `a reserved value is zero until filled`() throws {
        let environment = try Environment.make(folder.file())
        let table = try environment.table(named: "t")
        try environment.write { transaction in
            try transaction.writer.put(table, 1 as UInt32, [UInt8](repeating: 0xAA, count: 9_000))
            try transaction.writer.reserve(table, 1 as UInt32, count: 9_000) { $0[8_999] = 1 }
            try transaction.writer.reserve(table, 2 as UInt32, count: 0) { #expect($0.isEmpty) }
        }
        #expect(try environment.value(1) == [UInt8](repeating: 0, count: 8_999) + [1])
        #expect(try environment.value(2) == [])
    }

    @Test func `a half filled value never commits`() throws {
        let environment = try Environment.make(folder.file())
        let table = try environment.table(named: "t")
        #expect(throws: Interruption()) {
            try environment.write { transaction in
                // The body swallows the error; the transaction does not.
                try? transaction.writer.reserve(table, 1 as UInt32, count: 10) { _ in throw Interruption() }
            }
        }
        #expect(try environment.value(1) == nil)
    }

    @Test func `keys have bounds`() throws {
        let environment = try Environment.make(folder.file())
        let table = try environment.table(named: "t")
        let longest = [UInt8](repeating: 1, count: maximumKeyBytes)
        let tooLong = longest + [1]
        try environment.write { transaction in
            try transaction.writer.put(table, longest, [1])
            expectError(.invalidArgument) { try transaction.writer.put(table, tooLong, [1]) }
            expectError(.invalidArgument) { try transaction.writer.put(table, "", [1]) }
            expectError(.invalidArgument) { try transaction.writer.reserve(table, tooLong, count: 1) { _ in } }
            #expect(try !transaction.writer.delete(table, tooLong))
            #expect(try transaction.reader.get(table, tooLong) == nil)
            #expect(try transaction.reader.get(table, longest)?.count == 1)
            var cursor = try transaction.reader.cursor(table)
            expectError(.invalidArgument) { _ = try cursor.seek(atOrAfter: tooLong) }
            #expect(try cursor.seek(atOrAfter: "")?.value.count == 1)
        }
    }

    @Test func `what outlives its transaction answers with an error`() throws {
        let environment = try Environment.make(folder.file())
        let table = try environment.table(named: "t")
        try environment.put(1, [1])
        var reader: Reader?
        do {
            let transaction = try environment.beginRead()
            reader = transaction.reader
            _ = try reader?.get(table, 1 as UInt32)
        }
        expectError(.closed) { _ = try reader?.get(table, 1 as UInt32) }
        expectError(.closed) { _ = try reader?.cursor(table) }
        let escaped = Escaped()
        try environment.write { transaction in
            escaped.cursor = try transaction.reader.cursor(table)
            escaped.reader = transaction.reader
        }
        expectError(.closed) { _ = try escaped.cursor?.first() }
        expectError(.closed) { _ = try escaped.reader?.statistics(table) }
        escaped.cursor = nil
        do {
            let transaction = try environment.beginRead()
            escaped.cursor = try transaction.reader.cursor(table)
        }
        expectError(.closed) { _ = try escaped.cursor?.first() }
    }

    private final class Escaped {
        var cursor: LMDBCursor?
        var reader: Reader?
    }

    @Test func `tables made later are known after the commit`() throws {
        let environment = try Environment.make(folder.file())
        #expect(throws: Interruption()) {
            try environment.write { transaction in
                _ = try transaction.writer.createTable(named: "late")
                throw Interruption()
            }
        }
        expectError(.missingTable) { _ = try environment.table(named: "late") }
        let made = try environment.write { transaction in
            let table = try transaction.writer.createTable(named: "late")
            try transaction.writer.put(table, "k", [1])
            return table
        }
        #expect(try environment.table(named: "late") == made)
        let transaction = try environment.beginRead()
        #expect(try transaction.reader.get(made, "k")?.count == 1)
        expectError(.invalidArgument) { try environment.write { _ = try $0.writer.createTable(named: "") } }
        expectError(.invalidArgument) { try environment.write { _ = try $0.writer.createTable(named: "a\0b") } }
    }

    @Test func `too many tables is typed`() throws {
        let options = EnvironmentOptions { $0.maximumTables = 2 }
        let environment = try Environment.make(folder.file(), options)
        try environment.write { _ = try $0.writer.createTable(named: "second") }
        expectError(.tooManyTables) { try environment.write { _ = try $0.writer.createTable(named: "third") } }
        expectError(.invalidArgument) {
            _ = try Environment.make(folder.file("other"), options, tables: ["a", "b", "c"])
        }
    }

    /// More pages than liblmdb's list of dirty pages has room for: it spills, or fails with a typed error.
    @Test func `a huge transaction spills or is typed`() throws {
        let environment = try Environment.make(folder.file())
        let table = try environment.table(named: "t")
        let value = [UInt8](repeating: 1, count: 2_040)
        do {
            // Aborted in the end, so that nothing has to be synced.
            try environment.write { transaction in
                for key in 0..<140_000 as Range<UInt32> { try transaction.writer.put(table, key, value, mode: .append) }
                throw Interruption()
            }
        } catch let error as LMDBError {
            #expect(error.code == .transactionFull)
        } catch {
            #expect(error is Interruption)
        }
        try environment.put(1, [1])
        #expect(try environment.value(1) == [1])
    }

    /// Ended read transactions are kept for the next ones; an idle one must see nothing and hold nothing but its slot.
    @Test func `an idle read transaction pins nothing and sees what is new`() throws {
        let environment = try Environment.make(folder.file())
        try environment.put(1, [0])
        func readAtOnce(_ count: Int) throws {
            guard count > 0 else { return }
            let transaction = try environment.beginRead()
            try readAtOnce(count - 1)
            _ = transaction.id
        }
        try readAtOnce(20)
        #expect(environment.gate.withLock { $0.idleReads.count } == environment.options.maximumIdleReads)
        #expect(environment.gate.withLock { $0.uses } == 0)
        #expect(try environment.info().oldestReaderTransactionID == nil)
        let before = try environment.info().lastPage
        for round in 0..<100 as Range<UInt8> {
            try environment.put(1, [round])
            #expect(try environment.value(1) == [round])
        }
        #expect(try environment.info().lastPage <= before + 8)
        environment.close()
        #expect(environment.isClosed)
        #expect(environment.gate.withLock { $0.idleReads.isEmpty })
    }

    @Test func `what outlives a renewed transaction sees nothing of the next`() throws {
        let environment = try Environment.make(folder.file())
        let table = try environment.table(named: "t")
        try environment.put(1, [1])
        func escaped() throws -> Reader { try environment.beginRead().reader }
        let reader = try escaped()
        let next = try environment.beginRead()
        expectError(.closed) { _ = try reader.get(table, 1 as UInt32) }
        #expect(try next.reader.get(table, 1 as UInt32)?.first == 1)
    }
}

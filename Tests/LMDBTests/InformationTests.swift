import Platform
import SystemPackage
import TestSupport
import Testing

@testable import LMDB

@Suite struct InformationTests {
    let folder = TemporaryFolder()

    @Test func `the numbers add up`() throws {
        let environment = try Environment.make(folder.file(), EnvironmentOptions { $0.maximumReaders = 17 })
        let table = try environment.table(named: "t")
        try environment.write { transaction in
            for key in 0..<100 as Range<UInt32> {
                try transaction.writer.put(table, key, [UInt8](repeating: 1, count: 9_000))
            }
        }
        let info = try environment.info()
        #expect(info.pageSize == 4_096)
        #expect(info.usedBytes == (info.lastPage + 1) * info.pageSize)
        #expect(info.fileBytes >= info.usedBytes)
        #expect(info.usedBytes > 900_000)
        #expect(info.maximumReaders == 17)
        #expect(info.readersInUse == 0)
        #expect(info.oldestReaderTransactionID == nil)
        #expect(info.lastTransactionID == environment.lastTransactionID)
        let transaction = try environment.beginRead()
        let statistics = try transaction.reader.statistics(table)
        #expect(statistics.entries == 100)
        #expect(statistics.overflowPages == 300)
        #expect(statistics.depth >= 1)
        #expect(
            statistics.bytes == (statistics.branchPages + statistics.leafPages + statistics.overflowPages) * 4_096)
        #expect(!Environment.libraryVersion.isEmpty)
    }

    @Test func `deleted pages are counted as free`() throws {
        let environment = try Environment.make(folder.file())
        let table = try environment.table(named: "t")
        try environment.write { try $0.writer.put(table, 1 as UInt32, [UInt8](repeating: 1, count: 1 << 20)) }
        let before = try environment.info()
        try environment.write { _ = try $0.writer.delete(table, 1 as UInt32) }
        let after = try environment.info()
        #expect(after.freePages >= before.freePages + 256)
        #expect(after.fileBytes >= 1 << 20)
    }

    @Test func `the oldest reader is reported`() throws {
        let environment = try Environment.make(folder.file())
        try environment.put(1, [1])
        let old = try environment.beginRead()
        try environment.put(1, [2])
        let new = try environment.beginRead()
        let info = try environment.info()
        #expect(info.readersInUse == 2)
        #expect(info.oldestReaderTransactionID == old.id)
        #expect(new.id > old.id)
    }

    @Test func `the reader list is read as written`() {
        let list = ReaderList(lines: [
            "    pid     thread     txnid\n", "      1234 7f00aa 17\n", "      1234 7f00ab -\n", "99 1 5\n",
            "(no active readers)\n",
        ])
        #expect(list.inUse == 2)
        #expect(list.oldestTransactionID == 5)
        #expect(list.processes == [1234, 99])
    }

    @Test func `a process holds its slot between reads`() throws {
        let environment = try Environment.make(folder.file())
        _ = try environment.value(1)
        #expect(try environment.info().readersInUse == 0)
        #expect(try environment.holdsSlot(process: Environment.processNumber))
        #expect(try !environment.holdsSlot(process: 1))
    }

    @Test func `held readers keep pages from reuse`() throws {
        func fileBytes(holding: Bool, _ name: String) throws -> Int {
            let environment = try Environment.make(folder.file(name))
            try environment.put(1, [UInt8](repeating: 0, count: 1 << 18))
            let held = Lock<LMDBReadTransaction?>(holding ? try environment.beginRead() : nil)
            for round in 0..<12 as Range<UInt8> {
                try environment.put(1, [UInt8](repeating: round, count: 1 << 18))
            }
            held.withLock { $0 = nil }
            return try environment.info().fileBytes
        }
        #expect(try fileBytes(holding: true, "held") > 2 * fileBytes(holding: false, "free"))
    }

    @Test func `a copy is whole and replaces nothing`() throws {
        let environment = try Environment.make(folder.file())
        let table = try environment.table(named: "t")
        try environment.write { try $0.writer.put(table, 1 as UInt32, [UInt8](repeating: 1, count: 1 << 20)) }
        try environment.write { try $0.writer.put(table, 2 as UInt32, [2]) }
        try environment.write { _ = try $0.writer.delete(table, 1 as UInt32) }
        try environment.copy(to: folder.file("plain"), compacting: false)
        try environment.copy(to: folder.file("compact"), compacting: true)
        #expect(folder.entries == ["compact", "data.sparse", "data.sparse-lock", "plain"])
        #expect(readBytes(folder.file("compact")).count < 100_000)
        #expect(readBytes(folder.file("plain")).count > 1 << 20)
        for name in ["plain", "compact"] {
            let copy = try Environment.make(folder.file(name))
            #expect(try copy.value(2) == [2])
            #expect(try copy.value(1) == nil)
            try copy.put(3, [3])
        }
        expectError(.invalidArgument) { try environment.copy(to: folder.file("plain"), compacting: true) }
        expectError(.missingFile) { try environment.copy(to: folder.file("no/where"), compacting: true) }
        #expect(try environment.value(2) == [2])
    }

    @Test func `a copy taken while writing is one state`() throws {
        let environment = try Environment.make(folder.file())
        let table = try environment.table(named: "t")
        let copies = (0..<3).map { folder.file("copy\($0)") }
        let done = Lock(false)
        onThreads([
            {
                var round: UInt8 = 0
                while !done.withLock({ $0 }) {
                    round &+= 1
                    try environment.write { transaction in
                        for key in 0..<50 as Range<UInt32> { try transaction.writer.put(table, key, [round]) }
                    }
                }
            },
            {
                defer { done.withLock { $0 = true } }
                for (index, copy) in copies.enumerated() { try environment.copy(to: copy, compacting: index == 1) }
            },
        ])
        for copy in copies {
            let copy = try Environment.make(copy)
            let values = try (0..<50 as Range<UInt32>).map { try copy.value($0) }
            #expect(Set(values).count == 1)
        }
    }

    @Test func `a weaker commit can be made durable later`() throws {
        let environment = try Environment.make(
            folder.file(), EnvironmentOptions { $0.durability = .lastCommitMayBeLost })
        try environment.put(1, [1])
        try environment.sync()
        environment.close()
        #expect(try Environment.make(folder.file()).value(1) == [1])
    }
}

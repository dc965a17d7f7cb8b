import Platform
import SystemPackage
import TestSupport
import Testing

@testable import LMDB

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

@Suite struct CloseTests {
    let folder = TemporaryFolder()

    @Test func `a closed environment refuses everything`() throws {
        let environment = try Environment.make(folder.file())
        try environment.put(1, [1])
        let last = environment.lastTransactionID
        environment.close()
        environment.close()
        #expect(environment.isClosed)
        #expect(environment.lastTransactionID == last)
        expectError(.closed) { _ = try environment.beginRead() }
        expectError(.closed) { try environment.put(1, [2]) }
        expectError(.closed) { _ = try environment.info() }
        expectError(.closed) { try environment.sync() }
        expectError(.closed) { _ = try environment.clearStaleReaders() }
        expectError(.closed) { try environment.copy(to: folder.file("copy"), compacting: false) }
        #expect(folder.entries == ["data.sparse", "data.sparse-lock"])
    }

    @Test func `the last transaction closes the file`() throws {
        let environment = try Environment.make(
            folder.file(), EnvironmentOptions { $0.drainTimeout = .milliseconds(50) })
        try environment.put(1, [1])
        let table = try environment.table(named: "t")
        do {
            let transaction = try environment.beginRead()
            environment.close()
            #expect(!environment.isClosed)
            #expect(try transaction.reader.get(table, 1 as UInt32)?.first == 1)
            expectError(.closed) { _ = try environment.beginRead() }
            expectError(.alreadyOpen) { _ = try Environment.make(folder.file()) }
        }
        #expect(environment.isClosed)
        _ = try Environment.make(folder.file())
    }

    @Test func `a file that is being closed is waited for, because its inode may be in use again`() throws {
        let registry = Registry()
        var status = stat()
        #expect(stat(folder.path, &status) == 0)
        let identity = FileIdentity(status)
        #expect(registry.reserve(identity))
        #expect(!registry.reserve(identity))
        registry.willClose(identity)
        let isReserved = Lock(false)
        onThreads([
            { isReserved.withLock { $0 = registry.reserve(identity) } },
            {
                usleep(20_000)
                registry.release(identity)
            },
        ])
        #expect(isReserved.withLock { $0 })
        #expect(!registry.reserve(identity))
    }

    @Test func `threads that create, remove and close files do not find each other's inodes in use`() throws {
        onThreads(4) { [folder] number in
            for round in 0..<100 {
                let path = folder.path("\(number)-\(round)")
                let environment = try Environment.make(FilePath(path))
                for suffix in ["", "-lock"] { unlink(path + suffix) }
                environment.close()
            }
        }
    }

    @Test func `closing inside a write does not wait for itself`() throws {
        let environment = try Environment.make(folder.file())
        let table = try environment.table(named: "t")
        try environment.write { transaction in
            environment.close()
            try transaction.writer.put(table, 1 as UInt32, [1])
        }
        #expect(environment.isClosed)
        #expect(try Environment.make(folder.file()).value(1) == [1])
    }

    @Test func `forgetting an environment closes it`() throws {
        for _ in 0..<20 { try Environment.make(folder.file()).put(1, [1]) }
    }

    @Test func `closing while others read and ask is safe`() throws {
        for _ in 0..<10 {
            let environment = try Environment.make(folder.file())
            try environment.put(1, [1])
            onThreads(4) { index in
                if index == 3 { return environment.close() }
                for _ in 0..<500 {
                    _ = environment.lastTransactionID
                    _ = environment.mapEpoch
                    do { _ = try environment.value(1) } catch let error as LMDBError {
                        #expect(error.code == .closed)
                        return
                    }
                }
            }
            #expect(environment.isClosed)
        }
    }
}

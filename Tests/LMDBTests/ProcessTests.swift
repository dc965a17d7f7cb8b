import LMDB
import Platform
import SystemPackage
import TestSupport
import Testing

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Several processes on one file: forked, killed, or just many.
@Suite struct ProcessTests {
    let folder = TemporaryFolder()

    @Test func `a forked child is told and does no harm`() async throws {
        await #expect(processExitsWith: .success) {
            typealias Fork = @convention(c) () -> pid_t
            let symbol = try #require(dlsym(dlopen(nil, RTLD_NOW), "fork"))
            let fork = unsafeBitCast(symbol, to: Fork.self)
            let folder = TemporaryFolder()
            let environment = try Environment.make(folder.file())
            try environment.put(1, [1])
            let table = try environment.table(named: "t")
            let held = Lock<LMDBReadTransaction?>(try environment.beginRead())
            let child = fork()
            if child == 0 {
                func refused(_ body: () throws -> Void) -> Bool {
                    do { try body() } catch let error as LMDBError { return error.code == .forkedProcess } catch {}
                    return false
                }
                let all =
                    refused { _ = try environment.beginRead() } && refused { try environment.write { _ in } }
                    && refused { _ = try environment.info() } && refused { try environment.sync() }
                    && refused { _ = try environment.clearStaleReaders() }
                    && refused { try environment.copy(to: folder.file("copy"), compacting: false) }
                    && environment.lastTransactionID == 0
                // Both would free what belongs to the parent.
                held.withLock { $0 = nil }
                environment.close()
                _exit(all ? 0 : 1)
            }
            var status: Int32 = -1
            waitpid(child, &status, 0)
            #expect(status == 0)
            #expect(try environment.info().readersInUse == 1)
            // Were the parent's slot cleared, these would reuse the pages it reads.
            for round in 0..<20 as Range<UInt8> { try environment.put(1, [round]) }
            try held.withLock { held throws in
                #expect(try held?.reader.get(table, 1 as UInt32).map { [UInt8]($0) } == [1])
            }
        }
    }

    @Test func `a forked child opens the file anew`() async throws {
        await #expect(processExitsWith: .success) {
            typealias Fork = @convention(c) () -> pid_t
            let symbol = try #require(dlsym(dlopen(nil, RTLD_NOW), "fork"))
            let fork = unsafeBitCast(symbol, to: Fork.self)
            let folder = TemporaryFolder()
            let environment = try Environment.make(folder.file())
            try environment.put(1, [1])
            let held = try environment.beginRead()
            let child = fork()
            if child == 0 {
                do {
                    let own = try Environment.make(folder.file())
                    try own.put(2, [2])
                    guard try own.value(1) == [1], try own.info().readersInUse == 1 else { _exit(2) }
                    // The parent's handle goes on meaning nothing here, and its end does no harm to the new one.
                    environment.close()
                    try own.put(3, [3])
                    // Within the child, two are still one too many.
                    do { _ = try Environment.make(folder.file()) } catch let error as LMDBError {
                        guard error.code == .alreadyOpen else { _exit(3) }
                        own.close()
                        _ = try Environment.make(folder.file())
                        _exit(0)
                    }
                } catch {}
                _exit(1)
            }
            var status: Int32 = -1
            waitpid(child, &status, 0)
            #expect(status == 0)
            #expect(try environment.value(3) == [3])
            try environment.put(4, [4])
            #expect(held.id < environment.lastTransactionID)
            // In the parent the file is open as before.
            expectError(.alreadyOpen) { _ = try Environment.make(folder.file()) }
        }
    }

    @Test func `a fork inside a write leaves the commit to the parent`() async throws {
        await #expect(processExitsWith: .success) {
            typealias Fork = @convention(c) () -> pid_t
            let symbol = try #require(dlsym(dlopen(nil, RTLD_NOW), "fork"))
            let fork = unsafeBitCast(symbol, to: Fork.self)
            let folder = TemporaryFolder()
            let environment = try Environment.make(folder.file())
            let table = try environment.table(named: "t")
            let parent = getpid()
            do {
                try environment.write { transaction in
                    try transaction.writer.put(table, 1 as UInt32, [1])
                    let child = fork()
                    if child != 0 {
                        var status: Int32 = -1
                        waitpid(child, &status, 0)
                        #expect(status == 0)
                    }
                }
            } catch let error as LMDBError {
                if getpid() != parent { _exit(error.code == .forkedProcess ? 0 : 1) }
                throw error
            }
            if getpid() != parent { _exit(2) }
            #expect(try environment.value(1) == [1])
        }
    }

    @Test func `a dead readers slot is cleared`() async throws {
        let environment = try Environment.make(folder.file())
        try environment.put(1, [1])
        let path = folder.file().string
        for _ in 0..<2 {
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
                let environment = try Environment.make(FilePath(path))
                let transaction = try environment.beginRead()
                kill(getpid(), SIGKILL)
                _ = transaction.id
            }
        }
        // The second child's open has cleared the first one's slot.
        #expect(try environment.info().readersInUse == 1)
        #expect(try environment.info().oldestReaderTransactionID != nil)
        #expect(try environment.clearStaleReaders() == 1)
        #expect(try environment.info().readersInUse == 0)
        #expect(try environment.info().oldestReaderTransactionID == nil)
    }

    @Test func `a killed writer's lock is taken over`() async throws {
        let environment = try Environment.make(folder.file())
        try environment.put(1, [1])
        let path = folder.file().string
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let environment = try Environment.make(FilePath(path))
            let table = try environment.table(named: "t")
            try environment.write { transaction in
                try transaction.writer.put(table, 1 as UInt32, [2])
                kill(getpid(), SIGKILL)
            }
        }
        #expect(try environment.value(1) == [1])
        try environment.put(1, [3])
        #expect(try environment.value(1) == [3])
    }

    @Test func `other processes commits are seen`() async throws {
        let environment = try Environment.make(folder.file())
        try environment.put(1, [1])
        let before = environment.lastTransactionID
        let path = folder.file().string
        await #expect(processExitsWith: .success) { [path = path as String] in
            try Environment.make(FilePath(path)).put(1, [2])
        }
        #expect(environment.lastTransactionID == before + 1)
        #expect(try environment.value(1) == [2])
    }

    @Test func `full reader slots are a typed error`() throws {
        let environment = try Environment.make(folder.file(), EnvironmentOptions { $0.maximumReaders = 4 })
        do {
            let first = try environment.beginRead()
            let second = try environment.beginRead()
            let third = try environment.beginRead()
            let fourth = try environment.beginRead()
            expectError(.readersFull) { _ = try environment.beginRead() }
            #expect(Set([first.id, second.id, third.id, fourth.id]).count == 1)
        }
        _ = try environment.beginRead()
        try environment.put(1, [1])
    }
}

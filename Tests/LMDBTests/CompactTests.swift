import Dispatch
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

@Suite struct CompactTests {
    let folder = TemporaryFolder()

    /// An environment with the keys 0, 10, ... of 1,000, the others written and removed.
    private func makeSparse(_ options: EnvironmentOptions = EnvironmentOptions()) throws -> Environment {
        let environment = try Environment.make(folder.file(), options, tables: ["t", "u"])
        let (table, other) = (try environment.table(named: "t"), try environment.table(named: "u"))
        try environment.write { transaction in
            for key in 0..<1_000 as Range<UInt32> {
                try transaction.writer.put(table, key, [UInt8](repeating: UInt8(key % 251), count: 3_000))
            }
            try transaction.writer.put(other, 7 as UInt32, [77])
        }
        try environment.write { transaction in
            for key in 0..<1_000 as Range<UInt32> where key % 10 != 0 { _ = try transaction.writer.delete(table, key) }
        }
        return environment
    }

    private func expectContents(_ environment: Environment, sourceLocation: SourceLocation = #_sourceLocation) throws {
        for key in 0..<1_000 as Range<UInt32> {
            let value = try environment.value(key)
            #expect(
                key % 10 == 0 ? value == [UInt8](repeating: UInt8(key % 251), count: 3_000) : value == nil,
                sourceLocation: sourceLocation)
        }
        let other = try environment.table(named: "u")
        let transaction = try environment.beginRead()
        #expect(
            try transaction.reader.get(other, 7 as UInt32).map { [UInt8]($0) } == [77], sourceLocation: sourceLocation)
    }

    @Test func `the file shrinks and keeps its contents`() throws {
        let environment = try makeSparse()
        let made = try environment.write { try $0.writer.createTable(named: "later") }
        try environment.write { try $0.writer.put(made, 1 as UInt32, [5]) }
        chmod(folder.file().string, 0o640)
        let before = try environment.info()
        let epoch = environment.mapEpoch
        for _ in 0..<2 {
            try environment.compact()
            let after = try environment.info()
            #expect(after.fileBytes < before.fileBytes / 4)
            #expect(after.freePages == 0)
            try expectContents(environment)
        }
        #expect(environment.mapEpoch == epoch + 2)
        // Handles of before lead to the same tables, and there is room for more.
        try environment.write { try $0.writer.put(made, 2 as UInt32, [6]) }
        let more = try environment.write { try $0.writer.createTable(named: "more") }
        #expect(more.handle > made.handle)
        let transaction = try environment.beginRead()
        #expect(try transaction.reader.get(made, 1 as UInt32).map { [UInt8]($0) } == [5])
        var status = stat()
        #expect(stat(folder.file().string, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o640)
        #expect(folder.entries == ["data.sparse", "data.sparse-lock"])
    }

    @Test func `the file opens again afterward`() throws {
        let environment = try makeSparse()
        try environment.compact()
        try environment.put(1_001, [1])
        expectError(.alreadyOpen) { _ = try Environment.make(folder.file(), tables: ["t", "u"]) }
        environment.close()
        let again = try Environment.make(folder.file(), tables: ["t", "u"])
        try expectContents(again)
        #expect(try again.value(1_001) == [1])
    }

    @Test func `readers and writers go on across the swap`() throws {
        let environment = try makeSparse()
        let isDone = Lock(false)
        let rounds = Lock(0)
        let reader: @Sendable () throws -> Void = { [self] in
            while !isDone.withLock({ $0 }) {
                try expectContents(environment)
                rounds.withLock { $0 += 1 }
            }
        }
        onThreads([
            reader, reader,
            {
                for number in 0..<40 as Range<UInt32> {
                    try environment.put(2_000 + number, [UInt8(number)])
                    usleep(500)
                }
            },
            {
                defer { isDone.withLock { $0 = true } }
                for _ in 0..<5 { try environment.compact() }
            },
        ])
        #expect(rounds.withLock { $0 } > 0)
        for number in 0..<40 as Range<UInt32> { #expect(try environment.value(2_000 + number) == [UInt8(number)]) }
    }

    @Test func `a reader that stays makes it busy and nothing is lost`() throws {
        let environment = try makeSparse(EnvironmentOptions { $0.drainTimeout = .milliseconds(50) })
        let before = try environment.info().fileBytes
        let held = try environment.beginRead()
        expectError(.busy) { try environment.compact() }
        #expect(held.id > 0)
        #expect(try environment.info().fileBytes == before)
        #expect(folder.entries == ["data.sparse", "data.sparse-lock"])
        try environment.put(1_001, [1])
        try expectContents(environment)
    }

    @Test func `a copy that is given up changes nothing`() throws {
        let environment = try makeSparse()
        let before = try environment.info().fileBytes
        #expect(throws: Interruption.self) { try environment.compact { throw Interruption() } }
        #expect(try environment.info().fileBytes == before)
        #expect(folder.entries == ["data.sparse", "data.sparse-lock"])
        try expectContents(environment)
    }

    @Test func `inside a write and without the right to it is an error`() throws {
        let environment = try makeSparse()
        try environment.write { _ in _ = expectError(.invalidArgument) { try environment.compact() } }
        environment.close()
        expectError(.closed) { try environment.compact() }
        let reader = try Environment.make(folder.file(), EnvironmentOptions { $0.isReadOnly = true }, tables: ["t"])
        expectError(.readOnly) { try reader.compact() }
    }

    @Test func `a kill before the swap leaves the old file whole`() async throws {
        try makeSparse().close()
        let path = folder.file().string
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let environment = try Environment.make(FilePath(path), tables: ["t", "u"])
            try environment.compact { kill(getpid(), SIGKILL) }
        }
        #expect(folder.entries.count == 3)
        let environment = try Environment.make(folder.file(), tables: ["t", "u"])
        try expectContents(environment)
        try environment.compact()
        #expect(folder.entries == ["data.sparse", "data.sparse-lock"])
        try expectContents(environment)
    }

    @Test func `while another process has the file it is busy`() async throws {
        let environment = try makeSparse()
        let path = folder.file().string
        func otherCompacts(succeeds: Bool) async {
            await #expect(processExitsWith: succeeds ? .success : .exitCode(6)) { [path = path as String] in
                let environment = try Environment.make(FilePath(path), tables: ["t", "u"])
                do { try environment.compact() } catch let error as LMDBError where error.code == .busy { _exit(6) }
            }
        }
        await otherCompacts(succeeds: false)
        try expectContents(environment)
        // The descriptor that this leaves open keeps the process's locks: the other one is refused all the same.
        try environment.compact()
        await otherCompacts(succeeds: false)
        try expectContents(environment)
        environment.close()
        await otherCompacts(succeeds: true)
    }

    @Test func `what another process wrote meanwhile is not lost`() async throws {
        let environment = try makeSparse()
        let path = folder.file().string
        let folder = folder
        // The other process begins to write while the copy stands ready, and waits for the compaction to end if it has to.
        let (stop, ready) = (folder.file("stop").string, folder.file("ready").string)
        let outcome = Lock<LMDBError?>(nil)
        let compaction = Task.detached {
            do {
                try environment.compact {
                    close(open(ready, O_CREAT | O_WRONLY, 0o600))
                    while access(stop, F_OK) != 0 { usleep(1_000) }
                }
            } catch let error as LMDBError { outcome.withLock { $0 = error } }
        }
        while access(ready, F_OK) != 0 { try await Task.sleep(for: .milliseconds(1)) }
        // Not a task: the compaction and the other process hold the threads that tasks run on.
        DispatchQueue.global().asyncAfter(deadline: .now() + 2) { close(open(stop, O_CREAT | O_WRONLY, 0o600)) }
        await #expect(processExitsWith: .success) { [path = path as String] in
            let environment = try Environment.make(FilePath(path), tables: ["t", "u"])
            try environment.put(5_000, [50])
            environment.close()
        }
        _ = try await compaction.value
        #expect(outcome.withLock { $0?.code } == .busy)
        #expect(try environment.value(5_000) == [50])
        try environment.compact()
        #expect(try environment.value(5_000) == [50])
        try expectContents(environment)
    }
}

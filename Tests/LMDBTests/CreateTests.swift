import SystemPackage
import Testing

@testable import LMDB

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// A database appears under its name complete and durable, or not at all.
@Suite struct CreateTests {
    let folder = TemporaryFolder()

    @Test func theFirstContentIsThere() throws {
        let environment = try Environment.open(
            at: folder.file(), options: EnvironmentOptions(), tables: ["a", "t"]
        ) { transaction, tables in
            #expect(tables.map(\.name) == ["a", "t"])
            #expect(!folder.entries.contains("data.sparse"))
            try transaction.writer.put(tables[1], 1 as UInt32, [42])
        }
        #expect(try environment.value(1) == [42])
        #expect(folder.entries == ["data.sparse", "data.sparse-lock"])
    }

    @Test func anExistingFileIsNotFilledAgain() throws {
        try Environment.make(folder.file()).close()
        _ = try Environment.open(at: folder.file(), options: EnvironmentOptions(), tables: ["t"]) { _, _ in
            Issue.record("create was called")
        }
    }

    @Test func aThrowInCreateLeavesNothing() throws {
        #expect(throws: Interruption()) {
            _ = try Environment.open(at: folder.file(), options: EnvironmentOptions(), tables: ["t"]) {
                transaction, tables in
                try transaction.writer.put(tables[0], "k", [UInt8](repeating: 1, count: 100_000))
                throw Interruption()
            }
        }
        #expect(folder.entries.isEmpty)
    }

    @Test func createGrowsASmallMap() throws {
        let options = EnvironmentOptions { $0.mapSize = 1 << 16 }
        let environment = try Environment.open(at: folder.file(), options: options, tables: ["t"]) {
            transaction, tables in
            try transaction.writer.put(tables[0], 1 as UInt32, [UInt8](repeating: 1, count: 1 << 20))
        }
        #expect(try environment.value(1)?.count == 1 << 20)
    }

    @Test func aKilledCreatorLeavesNoTarget() async throws {
        let path = folder.file().string
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            _ = try Environment.open(at: FilePath(path), options: EnvironmentOptions(), tables: ["t"]) {
                transaction, tables in
                try transaction.writer.put(tables[0], "k", [1])
                kill(getpid(), SIGKILL)
            }
        }
        #expect(!folder.entries.contains("data.sparse"))
        #expect(!folder.entries.isEmpty)
        // The next one tidies up.
        try Environment.make(folder.file()).close()
        #expect(folder.entries == ["data.sparse", "data.sparse-lock"])
    }

    @Test func whatAKilledCopyLeavesIsRemovedByTheNext() async throws {
        let environment = try Environment.make(folder.file())
        let path = folder.file("copy").string
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            try Environment.place(at: FilePath(path), operation: "copy") { temporaryPath in
                writeBytes([1], to: FilePath(temporaryPath))
                kill(getpid(), SIGKILL)
            }
        }
        #expect(folder.entries.count == 3)
        try environment.copy(to: folder.file("copy"), compacting: true)
        #expect(folder.entries == ["copy", "data.sparse", "data.sparse-lock"])
    }

    @Test func ofManyCreatorsOneWinsAndAllOpenIt() async throws {
        let path = folder.file().string
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    await #expect(processExitsWith: .success) { [path = path as String] in
                        let environment = try Environment.open(
                            at: FilePath(path), options: EnvironmentOptions(), tables: ["t"]
                        ) { transaction, tables in
                            try transaction.writer.put(tables[0], 0 as UInt32, [1])
                        }
                        let table = try environment.table(named: "t")
                        try environment.write { transaction in
                            let count = try transaction.reader.get(table, 1 as UInt32)?.first ?? 0
                            try transaction.writer.put(table, 1 as UInt32, [count + 1])
                        }
                    }
                }
            }
        }
        let environment = try Environment.make(folder.file())
        #expect(try environment.value(1) == [3])
        #expect(folder.entries == ["data.sparse", "data.sparse-lock"])
    }

    @Test func creatorsInOneProcessDoNotDisturbEachOther() throws {
        let path = folder.file()
        let opened = Lock(0)
        onThreads(6) { _ in
            do {
                let environment = try Environment.make(path)
                try environment.put(1, [1])
                environment.close()
                opened.withLock { $0 += 1 }
            } catch let error as LMDBError {
                #expect(error.code == .alreadyOpen, "\(error)")
            }
        }
        #expect(opened.withLock { $0 } >= 1)
        #expect(folder.entries == ["data.sparse", "data.sparse-lock"])
    }

    @Test func somethingAtTheTargetIsNeverReplaced() throws {
        writeBytes([1], to: folder.file("a"))
        writeBytes([2], to: folder.file("b"))
        #expect(Environment.moveWithoutReplacing(folder.file("a").string, folder.file("b").string) == EEXIST)
        #expect(readBytes(folder.file("b")) == [2])
        #expect(Environment.moveWithoutReplacing(folder.file("a").string, folder.file("c").string) == 0)
        #expect(folder.entries == ["b", "c"])
    }

    @Test func onlyOurTemporaryNamesAreRecognised() {
        let ours = Environment.temporaryName(for: "x.sparse")
        #expect(Environment.creator(of: ours, target: "x.sparse") == getpid())
        #expect(Environment.creator(of: ours + "-lock", target: "x.sparse") == getpid())
        let inner = Environment.temporaryName(for: ours)
        #expect(inner != ours && Environment.creator(of: inner, target: "x.sparse") == getpid())
        #expect(Environment.temporaryName(for: "a.new-b/x.sparse").hasPrefix("a.new-b/x.sparse.new-"))
        for name in [
            "x.sparse", "x.sparse-lock", "x.sparse.new", "x.sparse.new-", "x.sparse.new-12", "x.sparse.new-12-",
            "x.sparse.new-a-1", "x.sparse.new--5-1", "x.sparse.new-0-1", "x.sparse.new-12-zz", "x.sparse.new-12-1-2",
            "y.sparse.new-12-1", "x.sparse.new-12-1-lock-lock",
        ] {
            #expect(Environment.creator(of: name, target: "x.sparse") == nil, "\(name)")
        }
    }
}

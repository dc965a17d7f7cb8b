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

/// A database appears under its name complete and durable, or not at all.
@Suite struct CreateTests {
    let folder = TemporaryFolder()

    @Test func `the first content is there`() throws {
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

    @Test func `an existing file is not filled again`() throws {
        try Environment.make(folder.file()).close()
        _ = try Environment.open(at: folder.file(), options: EnvironmentOptions(), tables: ["t"]) { _, _ in
            Issue.record("create was called")
        }
    }

    @Test func `a throw in create leaves nothing`() throws {
        #expect(throws: Interruption()) {
            _ = try Environment.open(at: folder.file(), options: EnvironmentOptions(), tables: ["t"]) {
                transaction, tables in
                try transaction.writer.put(tables[0], "k", [UInt8](repeating: 1, count: 100_000))
                throw Interruption()
            }
        }
        #expect(folder.entries.isEmpty)
    }

    @Test func `create grows a small map`() throws {
        let options = EnvironmentOptions { $0.mapSize = 1 << 16 }
        let environment = try Environment.open(at: folder.file(), options: options, tables: ["t"]) {
            transaction, tables in
            try transaction.writer.put(tables[0], 1 as UInt32, [UInt8](repeating: 1, count: 1 << 20))
        }
        #expect(try environment.value(1)?.count == 1 << 20)
    }

    @Test func `a killed creator leaves no target`() async throws {
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

    /// The file is complete and in its place, and nobody will make it again: who opens it first tidies up.
    @Test func `what a maker leaves that is killed after its work is removed by who opens the file`() async throws {
        let path = folder.file().string
        try Environment.make(folder.file()).put(1, [1])
        unlink("\(path)-lock")
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            _ = try WorkFolder.make(beside: path, operation: "create")
            kill(getpid(), SIGKILL)
        }
        #expect(folder.entries.count == 2)
        let environment = try Environment.make(folder.file())
        #expect(folder.entries == ["data.sparse", "data.sparse-lock"])
        #expect(try environment.value(1) == [1])
    }

    @Test func `what a killed copy leaves is removed by the next`() async throws {
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

    /// Between two looks at a path another process may make the file, or remove it.
    @Test(arguments: [false, true]) func `a file that appears or goes while its path is resolved is no broken link`(
        behindLink: Bool
    ) throws {
        let (file, link) = (folder.file(), folder.file("link"))
        if behindLink { symlink(file.string, link.string) }
        let isOver = Lock(false)
        onThreads([
            {
                defer { isOver.withLock { $0 = true } }
                for _ in 0..<20_000 {
                    writeBytes([1], to: file)
                    unlink(file.string)
                }
            },
            {
                var found = 0
                while !isOver.withLock({ $0 }) {
                    do {
                        if case .file = try Filesystem.resolve(behindLink ? link : file, operation: "open") {
                            found += 1
                        }
                    } catch let error as LMDBError {
                        // Only the link is one to a file that is not there.
                        #expect(behindLink, "\(error)")
                        #expect(error.code == .missingFile, "\(error)")
                    }
                }
                #expect(found > 0)
            },
        ])
    }

    @Test func `of many creators one wins and all open it`() async throws {
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

    @Test func `creators in one process do not disturb each other`() throws {
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

    @Test func `something at the target is never replaced`() throws {
        writeBytes([1], to: folder.file("a"))
        writeBytes([2], to: folder.file("b"))
        #expect(Environment.moveWithoutReplacing(folder.file("a").string, folder.file("b").string) == EEXIST)
        #expect(readBytes(folder.file("b")) == [2])
        #expect(Environment.moveWithoutReplacing(folder.file("a").string, folder.file("c").string) == 0)
        #expect(folder.entries == ["b", "c"])
    }

    /// A file or folder that a user has called as we call ours, and what becomes of it when something is made beside
    /// it.
    @Test func `a name alone is no reason to delete`() throws {
        let name = "data.sparse.new-0123456789abcdef"
        writeBytes([1, 2], to: folder.file(name))
        writeBytes([3], to: folder.file("data.sparse.new-20241128-1"))
        mkdir(folder.file("data.sparse.new-fedcba9876543210").string, 0o700)
        writeBytes([4], to: folder.file("data.sparse.new-fedcba9876543210/data"))
        mkdir(folder.file("data.sparse.new-00000000000000aa").string, 0o700)
        writeBytes([5], to: folder.file("data.sparse.new-00000000000000aa/owner"))
        let before = folder.entries
        let environment = try Environment.make(folder.file())
        try environment.compact()
        environment.close()
        #expect(folder.entries == (before + ["data.sparse", "data.sparse-lock"]).sorted())
        #expect(readBytes(folder.file(name)) == [1, 2])
        #expect(readBytes(folder.file("data.sparse.new-20241128-1")) == [3])
        #expect(readBytes(folder.file("data.sparse.new-fedcba9876543210/data")) == [4])
        #expect(readBytes(folder.file("data.sparse.new-00000000000000aa/owner")) == [5])
    }

    @Test func `a folder that anybody has put something into stays`() async throws {
        let path = folder.file("copy").string
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            try Environment.place(at: FilePath(path), operation: "copy") { file in
                writeBytes([1], to: FilePath(file))
                writeBytes([2], to: FilePath(file + ".mine"))
                kill(getpid(), SIGKILL)
            }
        }
        let left = try #require(folder.entries.first)
        try Environment.place(at: folder.file("copy"), operation: "copy") { writeBytes([3], to: FilePath($0)) }
        #expect(folder.entries == ["copy", left])
        #expect(readBytes(folder.file("\(left)/data.mine")) == [2])
        #expect(readBytes(folder.file("\(left)/data")) == [1])
    }

    @Test func `what a living process makes is left alone`() throws {
        let target = folder.file("copy").string
        let first = try WorkFolder.make(beside: target, operation: "copy")
        writeBytes([1], to: FilePath(first.file))
        let second = try WorkFolder.make(beside: target, operation: "copy")
        #expect(readBytes(FilePath(first.file)) == [1])
        second.remove()
        first.remove()
        #expect(folder.entries.isEmpty)
    }

    @Test func `a file that cannot be removed keeps its folder's record, and the next call removes both`() throws {
        let target = folder.file("copy").string
        let work = try WorkFolder.make(beside: target, operation: "copy")
        mkdir(work.file, 0o700)
        work.remove()
        let left = try #require(folder.entries.first)
        #expect(readBytes(folder.file("\(left)/owner")).isEmpty == false)
        rmdir(work.file)
        writeBytes([1], to: FilePath(work.file))
        try WorkFolder.make(beside: target, operation: "copy").remove()
        #expect(folder.entries.isEmpty)
    }

    @Test func `a crash at any step of making a folder leaves nothing for good`() throws {
        let path = folder.file("copy.new-0123456789abcdef").string
        let target = folder.file("copy").string
        let probe = try WorkFolder.make(beside: target, operation: "copy")
        let name = try #require(folder.entries.first)
        let record = readBytes(folder.file("\(name)/owner"))
        probe.remove()
        // What the record holds at each step; a power cut leaves zeros for bytes that were not written yet.
        let records = [nil, [], Array(record.prefix(9)), Array(record.prefix(9)) + [0, 0], record]
        for (step, written) in records.enumerated() {
            mkdir(path, 0o700)
            if let written { writeBytes(written, to: FilePath(path + "/owner")) }
            if written == record {
                // A store that was being made in steps: a folder in the folder.
                mkdir(path + "/data.new-0123456789abcdef", 0o700)
                writeBytes([1], to: FilePath(path + "/data"))
                writeBytes([1], to: FilePath(path + "/data-lock"))
            }
            try WorkFolder.make(beside: target, operation: "copy").remove()
            #expect(folder.entries.isEmpty, "step \(step)")
        }
    }
}

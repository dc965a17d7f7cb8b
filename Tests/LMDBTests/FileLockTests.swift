import SystemPackage
import TestSupport
import Testing

@testable import LMDB

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// One file under two names, or beside two lock files: writers who do not see each other destroy it.
@Suite struct FileLockTests {
    let folder = TemporaryFolder()

    /// Opens the file in a process of its own, which ends with 0 if that is refused as busy, with 1 if it is let in.
    private func expectBusyElsewhere(
        _ path: FilePath, readOnly: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        await #expect(processExitsWith: .exitCode(6), sourceLocation: sourceLocation) {
            [path = path.string as String, readOnly = readOnly as Bool] in
            do {
                _ = try Environment.make(FilePath(path), EnvironmentOptions { $0.isReadOnly = readOnly })
            } catch let error as LMDBError where error.code == .busy {
                _exit(error.message.contains("lock file") ? 6 : 2)
            }
            _exit(1)
        }
    }

    /// Opens the file in a process of its own and writes.
    private func expectWriteElsewhere(
        _ path: FilePath, _ key: UInt32, sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        await #expect(processExitsWith: .success, sourceLocation: sourceLocation) {
            [path = path.string as String, key = key as UInt32] in
            try Environment.make(FilePath(path)).put(key, [1])
        }
    }

    #if os(Linux)
        @Test func `a hard link to a file that is open elsewhere is refused`() async throws {
            let environment = try Environment.make(folder.file())
            try environment.put(1, [1])
            link(folder.file().string, folder.file("hard").string)
            await expectBusyElsewhere(folder.file("hard"))
            await expectBusyElsewhere(folder.file("hard"), readOnly: true)
            // A lock file of its own would refuse the first name later.
            #expect(folder.entries == ["data.sparse", "data.sparse-lock", "hard"])
            try environment.put(2, [2])
            environment.close()
            await expectWriteElsewhere(folder.file("hard"), 3)
            await expectWriteElsewhere(folder.file(), 4)
            #expect(try Environment.make(folder.file()).value(3) == [1])
        }

        @Test func `a reader by a hard link keeps writers by the other name out`() async throws {
            try Environment.make(folder.file()).close()
            link(folder.file().string, folder.file("hard").string)
            let reader = try Environment.make(folder.file("hard"), EnvironmentOptions { $0.isReadOnly = true })
            await expectBusyElsewhere(folder.file())
            reader.close()
            await expectWriteElsewhere(folder.file(), 1)
        }

        @Test func `a lock file that is deleted while in use is not made anew by the next process`() async throws {
            let environment = try Environment.make(folder.file())
            try environment.put(1, [1])
            unlink(folder.file("data.sparse-lock").string)
            await expectBusyElsewhere(folder.file())
            #expect(folder.entries == ["data.sparse"])
            // Nobody can come in, so this process may go on.
            try environment.put(2, [2])
            environment.close()
            await expectWriteElsewhere(folder.file(), 3)
            #expect(try Environment.make(folder.file()).value(2) == [2])
        }

        @Test func `a lock file that is replaced while in use refuses both sides`() async throws {
            let environment = try Environment.make(folder.file())
            try environment.put(1, [1])
            unlink(folder.file("data.sparse-lock").string)
            writeBytes([], to: folder.file("data.sparse-lock"))
            await expectBusyElsewhere(folder.file())
            expectError(.needsReopen) { try environment.put(2, [2]) }
            environment.close()
            await expectWriteElsewhere(folder.file(), 3)
            let again = try Environment.make(folder.file())
            #expect(try again.value(1) == [1])
            #expect(try again.value(2) == nil)
        }

        @Test func `a process that is killed leaves no lock on the file`() async throws {
            let path = folder.file().string
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
                let environment = try Environment.make(FilePath(path))
                try environment.put(1, [1])
                kill(getpid(), SIGKILL)
            }
            link(path, folder.file("hard").string)
            await expectWriteElsewhere(folder.file("hard"), 2)
        }

        @Test func `a compacted file is tied to the lock file as well`() async throws {
            let environment = try Environment.make(folder.file())
            try environment.put(1, [1])
            try environment.compact()
            link(folder.file().string, folder.file("hard").string)
            await expectBusyElsewhere(folder.file("hard"))
            try environment.put(2, [2])
        }

        @Test func `a bind mount of the file alone is refused while the file is open elsewhere`() async throws {
            let target = folder.file("bound")
            writeBytes([], to: target)
            let environment = try Environment.make(folder.file())
            try environment.put(1, [1])
            guard mount(folder.file().string, target.string, nil, UInt(MS_BIND), nil) == 0 else {
                return  // Not allowed here: the hard links above cover the rest.
            }
            defer { umount2(target.string, Int32(MNT_DETACH)) }
            await expectBusyElsewhere(target)
            environment.close()
            await expectWriteElsewhere(target, 2)
        }
        @Test func `a reader without a lock file leaves none, and sees only what nobody is writing`() async throws {
            let options = EnvironmentOptions {
                $0.isReadOnly = true
                $0.readsWithoutLock = true
            }
            let writer = try Environment.make(folder.file())
            try writer.put(1, [1])
            let path = folder.file().string
            await #expect(processExitsWith: .success) { [path = path as String] in
                let options = EnvironmentOptions {
                    $0.isReadOnly = true
                    $0.readsWithoutLock = true
                }
                let error = expectError(.busy) { _ = try Environment.make(FilePath(path), options) }
                #expect(error?.message.contains("for writing") == true)
            }
            writer.close()
            unlink(folder.file("data.sparse-lock").string)
            let reader = try Environment.make(folder.file(), options)
            #expect(try reader.value(1) == [1])
            #expect(folder.entries == ["data.sparse"])
            #expect(try reader.info().readersInUse == 0)
            // Whoever reads with a lock file does no harm.
            await #expect(processExitsWith: .success) { [path = path as String] in
                _ = try Environment.make(FilePath(path), EnvironmentOptions { $0.isReadOnly = true }).value(1)
            }
            #expect(try reader.value(1) == [1])
            await expectWriteElsewhere(folder.file(), 2)
            #expect(try reader.value(2) == [1])
        }

        @Test func `a reader without a lock file begins no read while somebody may write`() async throws {
            try Environment.make(folder.file()).put(1, [1])
            let reader = try Environment.make(
                folder.file(),
                EnvironmentOptions {
                    $0.isReadOnly = true
                    $0.readsWithoutLock = true
                })
            #expect(try reader.value(1) == [1])
            // Stands for another process that has the file open for writing.
            let lock = try DataFileLock(
                folder.file().string, lockFile: FileIdentity(device: 1, inode: 1), operation: "test")
            lock.take(forWriting: true)
            expectError(.busy) { _ = try reader.value(1) }
            lock.close()
            #expect(try reader.value(1) == [1])
        }

        @Test func `a file is not opened for writing while a reader keeps writers out`() throws {
            try Environment.make(folder.file()).put(1, [1])
            // Stands for another process.
            var lock = try DataFileLock(folder.file().string, lockFile: nil, operation: "test")
            let isHeld = lock.keepWritersOut()
            #expect(isHeld)
            let error = expectError(.busy) { _ = try Environment.make(folder.file()) }
            #expect(error?.message.contains("without a lock file") == true)
            let reader = try Environment.make(folder.file(), EnvironmentOptions { $0.isReadOnly = true })
            #expect(try reader.value(1) == [1])
            reader.close()
            lock.close()
            try Environment.make(folder.file()).put(2, [2])
        }
    #endif

    @Test func `reading without a lock is for readers`() {
        expectError(.invalidArgument) {
            _ = try Environment.make(folder.file(), EnvironmentOptions { $0.readsWithoutLock = true })
        }
    }

    @Test func `a file with other names is not compacted`() throws {
        let environment = try Environment.make(folder.file())
        try environment.put(1, [1])
        link(folder.file().string, folder.file("hard").string)
        let error = expectError(.invalidArgument) { try environment.compact() }
        #expect(error?.message.contains("hard links") == true)
        unlink(folder.file("hard").string)
        try environment.compact()
        #expect(try environment.value(1) == [1])
    }

    @Test func `a replaced file is not opened with the lock file that this process uses for the old one`() throws {
        let environment = try Environment.make(folder.file())
        try environment.put(1, [1])
        rename(folder.file().string, folder.file("moved").string)
        try Environment.make(folder.file("new")).close()
        rename(folder.file("new").string, folder.file().string)
        expectError(.alreadyOpen) { _ = try Environment.make(folder.file()) }
        environment.close()
        try Environment.make(folder.file()).put(2, [2])
    }

    @Test func `the byte of a lock file depends on its device and its inode`() {
        let byte = DataFileLock.byte(standingFor: FileIdentity(device: 1, inode: 2))
        // As FORMAT.md has it: another program must come to the same byte.
        let root = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
        let examples = String(decoding: readBytes(root.appending("FORMAT.md")), as: UTF8.self).split(separator: "\n")
            .map { $0.split(whereSeparator: { " |".contains($0) }).compactMap { UInt64($0) } }
            .filter { $0.count == 3 && $0[2] >= 1 << 62 }
        #expect(examples.count == 2)
        for example in examples {
            let found = DataFileLock.byte(standingFor: FileIdentity(device: example[0], inode: example[1]))
            #expect(UInt64(found) == example[2])
        }
        #expect(byte != DataFileLock.byte(standingFor: FileIdentity(device: 2, inode: 2)))
        #expect(byte != DataFileLock.byte(standingFor: FileIdentity(device: 1, inode: 3)))
        #expect(byte == DataFileLock.byte(standingFor: FileIdentity(device: 1, inode: 2)))
    }
}

import SystemPackage
import TestSupport
import Testing

@testable import LMDB

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Disks that are full, fail, cannot be written, or are far away.
@Suite struct FaultTests {
    @Test func `an input output error is traced to the disk or to its space`() {
        func code(_ available: UInt64?, _ file: UInt64, _ limit: UInt64?) -> LMDBError.Code? {
            DiskSpace(availableBytes: available, fileBytes: file, fileSizeLimit: limit).explanation?.code
        }
        #expect(code(0, 1 << 30, nil) == .diskFull)
        #expect(code(4_096, 1 << 30, nil) == .diskFull)
        #expect(code(1 << 30, 1 << 30, nil) == nil)
        #expect(code(nil, 1 << 30, nil) == nil)
        #expect(code(1 << 40, 1 << 30, 1 << 30) == .diskFull)
        #expect(code(1 << 40, 1 << 20, 1 << 30) == nil)
        #expect(code(1 << 40, .max, .max) == nil || code(1 << 40, .max, .max) == .diskFull)
        // What could be tried counts more than what is said to be free: there are reserves and quotas.
        func tried(_ available: UInt64, _ grants: Bool) -> LMDBError.Code? {
            DiskSpace(availableBytes: available, fileBytes: 1, fileSizeLimit: nil, grantsAnotherWrite: grants)
                .explanation?.code
        }
        #expect(tried(1 << 30, false) == .diskFull)
        #expect(tried(0, true) == nil)
        #expect(LMDBError(lmdb: ENOSPC, operation: "x", path: nil).code == .diskFull)
        #expect(LMDBError(lmdb: EDQUOT, operation: "x", path: nil).code == .diskFull)
        #expect(LMDBError(lmdb: EIO, operation: "x", path: nil).code == .io)
    }

    @Test func `every code of the library has a meaning`() {
        // MDB_BAD_DBI to MDB_KEYEXIST; only the reader slot, the full thread storage are left as they are.
        for status in Int32(-30_799) ... -30_780 {
            let error = LMDBError(lmdb: status, operation: "x", path: "p")
            #expect(error.underlying == status)
            #expect(error.code != .other || [-30_783, -30_789].contains(status), "\(status)")
        }
    }

    @Test func `network filesystems are known`() {
        for magic in [0x6969, 0x517B, 0xFE53_4D42, 0xFF53_4D42, 0x6573_5546, 0x0102_1997, 0x00C3_6400] as [UInt32] {
            #expect(Filesystem.networkName(magic: magic) != nil)
        }
        // ext4, xfs, btrfs, tmpfs, overlay, zfs, f2fs.
        for magic in [
            0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0x794C_7630, 0x2FC1_2FC1, 0xF2F5_2010,
        ] as [UInt32] {
            #expect(Filesystem.networkName(magic: magic) == nil)
        }
        #expect(throws: LMDBError.self) { try Filesystem.requireLocal("/no/such/place", operation: "open") }
        #expect(throws: Never.self) { try Filesystem.requireLocal("/tmp", operation: "open") }
    }

    @Test func `the assertion text names the file`() {
        let text = assertionText(path: "/x/y", message: "mp->mp_pgno == pgno")
        #expect(text.contains("/x/y"))
        #expect(text.contains("pgno"))
        #expect(text.hasSuffix("\n"))
    }

    #if os(Linux)
        @Test(.enabled(if: TemporaryFolder.canMount, "nothing can be mounted here"))
        func `a full disk is typed and deletes still work`() async throws {
            await #expect(processExitsWith: .success) {
                let folder = try #require(TemporaryFolder(diskOf: 4))
                let environment = try Environment.make(folder.file())
                let table = try environment.table(named: "t")
                var written: UInt32 = 0
                let error = expectError(.diskFull) {
                    while written < 1_000 {
                        try environment.put(written, [UInt8](repeating: 1, count: 100_000))
                        written += 1
                    }
                }
                #expect(error?.path == folder.file().string)
                #expect(written > 10)
                #expect(written < 50)
                #expect(try environment.value(written - 1)?.count == 100_000)
                #expect(try environment.value(written) == nil)
                expectError(.diskFull) { try environment.copy(to: folder.file("copy"), compacting: true) }
                #expect(folder.entries == ["data.sparse", "data.sparse-lock"])
                try environment.write { _ = try $0.writer.delete(table, 0 as UInt32) }
                try environment.write { _ = try $0.writer.delete(table, 1 as UInt32) }
                try environment.put(2_000, [1])
                environment.close()
                #expect(try Environment.make(folder.file()).value(2_000) == [1])
            }
        }

        @Test(.enabled(if: TemporaryFolder.canMount, "nothing can be mounted here"))
        func `a full disk refuses a lock file with holes`() async throws {
            await #expect(processExitsWith: .success) {
                let folder = try #require(TemporaryFolder(diskOf: 1))
                try Environment.make(folder.file()).close()
                unlink(folder.file("data.sparse-lock").string)
                writeBytes([UInt8](repeating: 1, count: 2 << 20), to: folder.file("filler"))
                expectError(.diskFull) { _ = try Environment.make(folder.file()) }
                unlink(folder.file("filler").string)
                _ = try Environment.make(folder.file())
            }
        }

        @Test(.enabled(if: TemporaryFolder.canMount, "nothing can be mounted here"))
        func `a disk without room for a lock file is read, and no writer is let in meanwhile`() async throws {
            await #expect(processExitsWith: .success) {
                let folder = try #require(TemporaryFolder(diskOf: 1))
                let options = EnvironmentOptions { $0.isReadOnly = true }
                let lockPath = folder.file("data.sparse-lock").string
                try Environment.make(folder.file()).put(1, [1])
                unlink(lockPath)
                writeBytes([UInt8](repeating: 1, count: 2 << 20), to: folder.file("filler"))
                // One that lacks blocks is no better than none.
                for _ in 0..<2 {
                    let reader = try Environment.make(folder.file(), options)
                    #expect(reader.keepsWritersOut)
                    #expect(try reader.value(1) == [1])
                    // As a writer in another process would see it.
                    let other = try DataFileLock(folder.file().string, lockFile: nil, operation: "test")
                    #expect(other.isKeptFromWriters)
                    // A writer that is refused has been there for a moment, which must not disturb the reader.
                    other.take(forWriting: true)
                    #expect(try reader.value(1) == [1])
                    reader.close()
                    #expect(!other.isKeptFromWriters)
                    other.close()
                    truncate(lockPath, off_t(LockFile.byteCount(readers: 1_024)))
                }
                let writer = try DataFileLock(
                    folder.file().string, lockFile: FileIdentity(device: 1, inode: 1), operation: "test")
                writer.take(forWriting: true)
                expectError(.busy) { _ = try Environment.make(folder.file(), options) }
                writer.close()
                unlink(folder.file("filler").string)
                let reader = try Environment.make(folder.file(), options)
                #expect(!reader.keepsWritersOut)
                reader.close()
                try Environment.make(folder.file()).put(2, [2])
            }
        }

        @Test func `a lock file has all its blocks before it is mapped`() throws {
            let folder = TemporaryFolder()
            let lockPath = folder.file("data.sparse-lock").string
            // As liblmdb makes it: all holes.
            try Environment.make(folder.file()).close()
            for _ in 0..<2 {
                let environment = try Environment.make(folder.file())
                var status = stat()
                #expect(stat(lockPath, &status) == 0)
                #expect(Int(status.st_size) == LockFile.byteCount(readers: 1_024))
                #expect(Int(status.st_blocks) * 512 >= Int(status.st_size))
                environment.close()
                truncate(lockPath, 0)
                truncate(lockPath, off_t(LockFile.byteCount(readers: 1_024)))
            }
        }

        @Test(.enabled(if: TemporaryFolder.canMount, "nothing can be mounted here"))
        func `making a database on a full disk leaves nothing and says that it is full`() async throws {
            await #expect(processExitsWith: .success) {
                let folder = try #require(TemporaryFolder(diskOf: 1))
                writeBytes([UInt8](repeating: 1, count: 2 << 20), to: folder.file("filler"))
                expectError(.diskFull) { _ = try Environment.make(folder.file()) }
                #expect(folder.entries == ["filler"])
            }
        }

        @Test func `a file without a name is gone with the process that fills it`() async throws {
            let folder = TemporaryFolder()
            let path = folder.path
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
                let file = try UnnamedFile(in: path, mode: 0o600)
                _ = write(file.descriptor, "x", 1)
                kill(getpid(), SIGKILL)
            }
            #expect(folder.entries.isEmpty)
            let file = try UnnamedFile(in: path, mode: 0o600)
            defer { file.close() }
            #expect(file.name(folder.file("a").string))
            #expect(!file.name(folder.file("a").string))
            #expect(folder.entries == ["a"])
        }

        @Test func `a limit on file sizes is typed`() async throws {
            await #expect(processExitsWith: .success) {
                let folder = TemporaryFolder()
                let environment = try Environment.make(folder.file())
                signal(SIGXFSZ, SIG_IGN)
                var limit = rlimit()
                getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
                limit.rlim_cur = 3 << 20
                setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
                try environment.put(1, [UInt8](repeating: 1, count: 1 << 20))
                expectError(.diskFull) { try environment.put(2, [UInt8](repeating: 1, count: 4 << 20)) }
                #expect(try environment.value(1)?.count == 1 << 20)
                #expect(try environment.value(2) == nil)
                try environment.put(3, [3])
            }
        }

        @Test(.enabled(if: TemporaryFolder.canMount, "nothing can be mounted here"))
        func `a read only filesystem needs a read only open`() async throws {
            await #expect(processExitsWith: .success) {
                let folder = try #require(TemporaryFolder(diskOf: 4))
                try Environment.make(folder.file()).put(1, [1])
                #expect(mount("tmpfs", folder.path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), "") == 0)
                expectError(.readOnly) { _ = try Environment.make(folder.file()) }
                expectError(.readOnly) { _ = try Environment.make(folder.file("new")) }
                let environment = try Environment.make(folder.file(), EnvironmentOptions { $0.isReadOnly = true })
                #expect(try environment.value(1) == [1])
                #expect(try environment.info().oldestReaderTransactionID == nil)
                #expect(try environment.clearStaleReaders() == 0)
            }
        }

        @Test func `a failed header write needs a reopen`() async throws {
            await #expect(processExitsWith: .success) { try Self.failAHeaderWrite() }
        }

        /// By exchanging the descriptor that liblmdb keeps for its header pages.
        static func failAHeaderWrite() throws {
            let folder = TemporaryFolder()
            let environment = try Environment.make(folder.file())
            try environment.put(1, [1])
            let data = try environment.withHandle("test") { Environment.descriptor($0) }
            let null = open("/dev/null", O_RDONLY)
            var exchanged = 0
            // What is open for reading only holds the lock that ties the file to its lock file.
            for descriptor in 3..<256 as Range<Int32>
            where descriptor != data && fcntl(descriptor, F_GETFL) & O_ACCMODE != O_RDONLY {
                guard let target = realpath("/proc/self/fd/\(descriptor)", nil) else { continue }
                defer { free(target) }
                if String(cString: target) == folder.file().string {
                    dup2(null, descriptor)
                    exchanged += 1
                }
            }
            #expect(exchanged == 1)
            #expect(throws: LMDBError.self) { try environment.put(1, [2]) }
            let error = expectError(.needsReopen) { try environment.put(1, [3]) }
            #expect(error?.message.contains("open it again") == true)
            expectError(.needsReopen) { _ = try environment.beginRead() }
            _ = environment.lastTransactionID
            environment.close()
            #expect(environment.isClosed)
            let again = try Environment.make(folder.file())
            #expect(try again.value(1) == [1])
            try again.put(1, [4])
        }

        @Test(.enabled(if: geteuid() == 0, "not root"))
        func `a forbidden folder is typed`() async throws {
            await #expect(processExitsWith: .success) {
                let folder = TemporaryFolder()
                try Environment.make(folder.file()).close()
                chmod(folder.file().string, 0o000)
                seteuid(65_534)
                expectError(.permissionDenied) { _ = try Environment.make(folder.file()) }
                expectError(.permissionDenied) { _ = try Environment.make(folder.file("new")) }
                seteuid(0)
            }
        }
    #endif
}

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

/// The map grows, is adopted when another process grew it, and is never moved under a living transaction.
@Suite struct MapTests {
    let folder = TemporaryFolder()

    static func options(_ change: (inout EnvironmentOptions) -> Void = { _ in }) -> EnvironmentOptions {
        EnvironmentOptions {
            $0.mapSize = 1 << 16
            $0.drainTimeout = .milliseconds(200)
            change(&$0)
        }
    }

    static let megabyte = [UInt8](repeating: 7, count: 1 << 20)

    @Test func `a map takes at most half of a limited address space, and no less than its file needs`() {
        func size(_ wanted: Int, _ least: Int, _ available: Int) -> Int? {
            AddressSpace.mapSize(wanted: wanted, least: least, available: available)
        }
        #expect(size(1 << 40, 1 << 24, .max) == 1 << 40)
        #expect(size(1 << 40, 1 << 24, 1 << 30) == 1 << 29)
        #expect(size(1 << 40, 700 << 20, 1 << 30) == 700 << 20)
        #expect(size(1 << 24, 1 << 24, 1 << 30) == 1 << 24)
        #expect(size(1 << 40, 900 << 20, 1 << 30) == nil)
        #expect(size(1 << 40, 1 << 24, 100 << 20) == nil)
        // Half of it would leave less than the process needs.
        #expect(size(1 << 40, 44 << 20, 250 << 20) == 58 << 20)
        #expect(size(1 << 40, 58 << 20, 250 << 20) == 58 << 20)
        #expect(size(1 << 40, 59 << 20, 250 << 20) == nil)
    }

    @Test func `the default map is huge and the file small`() throws {
        let environment = try Environment.make(folder.file())
        let info = try environment.info()
        #expect(info.mapSize == 1 << 40)
        #expect(info.fileBytes < 100_000)
    }

    @Test func `a full map grows and the body runs again`() throws {
        let environment = try Environment.make(folder.file(), Self.options())
        let epoch = environment.mapEpoch
        let table = try environment.table(named: "t")
        var runs = 0
        try environment.write { transaction in
            runs += 1
            #expect(try transaction.reader.get(table, 1 as UInt32) == nil)
            try transaction.writer.put(table, 1 as UInt32, [1])
            try transaction.writer.put(table, 2 as UInt32, Self.megabyte)
        }
        #expect(runs > 1)
        #expect(environment.mapEpoch > epoch)
        #expect(try environment.info().mapSize >= 1 << 20)
        #expect(try environment.value(2) == Self.megabyte)
    }

    @Test func `the body may wrap or swallow the full map`() throws {
        let environment = try Environment.make(folder.file(), Self.options())
        let table = try environment.table(named: "t")
        try environment.write { transaction in
            do { try transaction.writer.put(table, 1 as UInt32, Self.megabyte) } catch { throw Interruption() }
        }
        try environment.write { transaction in
            try? transaction.writer.put(table, 2 as UInt32, Self.megabyte + Self.megabyte)
        }
        #expect(try environment.value(1)?.count == 1 << 20)
        #expect(try environment.value(2)?.count == 2 << 20)
    }

    @Test func `deletes get room too`() throws {
        let environment = try Environment.make(folder.file(), Self.options())
        let table = try environment.table(named: "t")
        try environment.write { transaction in
            for key in 0..<1_000 as Range<UInt32> {
                try transaction.writer.put(table, key, [UInt8](repeating: 1, count: 300))
            }
        }
        // A reader pins every page, so each delete needs new ones.
        let pin = try environment.beginRead()
        var deleted = 0
        do {
            for key in 0..<1_000 as Range<UInt32> {
                try environment.write { _ = try $0.writer.delete(table, key) }
                deleted += 1
            }
        } catch let error as LMDBError {
            #expect(error.code == .mapFull)
        }
        _ = consume pin
        for key in UInt32(deleted)..<1_000 { try environment.write { _ = try $0.writer.delete(table, key) } }
        let transaction = try environment.beginRead()
        #expect(try transaction.reader.statistics(table).entries == 0)
    }

    @Test func `a reader that stays is a typed error and nothing is lost`() throws {
        let environment = try Environment.make(folder.file(), Self.options())
        try environment.put(1, [1])
        let table = try environment.table(named: "t")
        do {
            let held = try environment.beginRead()
            let value = try held.reader.get(table, 1 as UInt32)
            expectError(.mapFull) { try environment.put(2, Self.megabyte) }
            #expect(value?.first == 1)
            try environment.put(3, [3])
        }
        try environment.put(2, Self.megabyte)
        #expect(try environment.value(3) == [3])
    }

    @Test func `the limit holds`() throws {
        let environment = try Environment.make(folder.file(), Self.options { $0.mapSizeLimit = 1 << 19 })
        expectError(.mapFull) { try environment.put(1, Self.megabyte) }
        try environment.put(1, [UInt8](repeating: 1, count: 1 << 17))
        #expect(try environment.info().mapSize <= 1 << 19)
    }

    @Test func `readers and a growing map get along`() throws {
        let environment = try Environment.make(folder.file(), Self.options { $0.drainTimeout = .seconds(20) })
        let table = try environment.table(named: "t")
        try environment.put(0, [9])
        let done = Lock(false)
        let read: @Sendable () throws -> Void = {
            while !done.withLock({ $0 }) {
                let transaction = try environment.beginRead()
                #expect(try transaction.reader.get(table, 0 as UInt32)?.first == 9)
                #expect(environment.lastTransactionID >= transaction.id)
            }
        }
        onThreads([
            read, read,
            {
                defer { done.withLock { $0 = true } }
                for key in 1..<30 as Range<UInt32> {
                    try environment.put(key, [UInt8](repeating: 1, count: 100_000))
                }
            },
        ])
        #expect(environment.mapEpoch > 3)
    }

    /// The child's map is as small as ours was, so it grows it, and we find the file bigger than our map.
    @Test func `what another process grew is adopted`() async throws {
        let environment = try Environment.make(folder.file(), Self.options { $0.drainTimeout = .seconds(20) })
        try environment.put(1, [1])
        let epoch = environment.mapEpoch
        let path = folder.file().string
        await #expect(processExitsWith: .success) { [path = path as String] in
            let environment = try Environment.make(FilePath(path), Self.options())
            try environment.put(2, Self.megabyte)
        }
        #expect(try environment.value(2) == Self.megabyte)
        #expect(environment.mapEpoch > epoch)
        await #expect(processExitsWith: .success) { [path = path as String] in
            try Environment.make(FilePath(path), Self.options()).put(3, Self.megabyte + Self.megabyte + Self.megabyte)
        }
        try environment.put(4, [4])
        #expect(try environment.value(3)?.count == 3 << 20)
    }

    #if os(Linux)
        /// The sanitizers take address space whenever they like and do not bear a limit.
        static var isSanitized: Bool {
            let program = dlopen(nil, RTLD_NOW)
            return dlsym(program, "__tsan_init") != nil || dlsym(program, "__asan_init") != nil
        }

        /// Leaves the process so much more than it uses now.
        static func limitAddressSpace(toExtra extra: Int) {
            guard let file = fopen("/proc/self/statm", "r") else { return }
            defer { fclose(file) }
            var text = [UInt8](repeating: 0, count: 64)
            let count = fread(&text, 1, text.count, file)
            let digits = String(decoding: text.prefix(count).prefix { $0 != UInt8(ascii: " ") }, as: UTF8.self)
            var limit = rlimit()
            getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
            limit.rlim_cur = rlim_t((Int(digits) ?? 0) * 4_096 + extra)
            setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
        }

        @Test(.enabled(if: !Self.isSanitized, "a sanitizer bears no limit of address space"))
        func `scarce address space halves the map`() async throws {
            await #expect(processExitsWith: .success) {
                let folder = TemporaryFolder()
                Self.limitAddressSpace(toExtra: 1 << 30)
                let environment = try Environment.make(folder.file())
                let size = try environment.info().mapSize
                #expect(size < 1 << 30)
                #expect(size > 1 << 26)
                try environment.put(1, Self.megabyte)
            }
        }

        @Test(.enabled(if: !Self.isSanitized, "a sanitizer bears no limit of address space"))
        func `a map in little address space leaves room for the process`() async throws {
            await #expect(processExitsWith: .success) {
                let folder = TemporaryFolder()
                Self.limitAddressSpace(toExtra: 1 << 30)
                let environment = try Environment.make(folder.file())
                #expect(try environment.info().mapSize <= 1 << 29)
                #expect(AddressSpace.grants(AddressSpace.room))
            }
        }

        @Test(.enabled(if: !Self.isSanitized, "a sanitizer bears no limit of address space"))
        func `too little address space for map and process is an error that names mapSize`() async throws {
            await #expect(processExitsWith: .success) {
                let folder = TemporaryFolder()
                Self.limitAddressSpace(toExtra: 1 << 26)
                let error = expectError(.outOfMemory) { _ = try Environment.make(folder.file()) }
                #expect(error?.message.contains("mapSize") == true)
                #expect(folder.entries.isEmpty)
            }
        }

        @Test(.enabled(if: !Self.isSanitized, "a sanitizer bears no limit of address space"))
        func `refused address space loses nothing`() async throws {
            await #expect(processExitsWith: .success) {
                let folder = TemporaryFolder()
                let environment = try Environment.make(folder.file(), Self.options { $0.mapSize = 1 << 24 })
                try environment.put(1, [1])
                Self.limitAddressSpace(toExtra: 1 << 23)
                let table = try environment.table(named: "t")
                expectError(.mapFull) {
                    try environment.write { transaction in
                        for key in 0..<20 as Range<UInt32> {
                            try transaction.writer.reserve(table, key, count: 1 << 20) { _ in }
                        }
                    }
                }
                #expect(try environment.value(1) == [1])
                try environment.put(2, [2])
            }
        }
    #endif
}

import Platform
import SystemPackage
import TestSupport
import Testing

@testable import LMDB

/// liblmdb does not write pages that were allocated and freed again within one transaction, so a healthy file may end
/// before its last page. A file that lacks any other page must be refused.
@Suite struct ShortFileTests {
    let folder = TemporaryFolder()

    /// A random transaction over values of all sizes.
    func randomWrites(_ environment: Environment, _ model: inout [UInt32: [UInt8]], seed: UInt64) throws {
        let table = try environment.table(named: "t")
        var draft = model
        try environment.write { transaction in
            draft = model
            var random = Generator(state: seed)
            for _ in 0..<Int.random(in: 1...60, using: &random) {
                let key = UInt32.random(in: 0..<40, using: &random)
                if Bool.random(using: &random) {
                    _ = try transaction.writer.delete(table, key)
                    draft[key] = nil
                } else {
                    let size = [10, 300, 2_000, 5_000, 40_000, 200_000].randomElement(using: &random) ?? 1
                    let value = [UInt8](repeating: .random(in: 0...255, using: &random), count: size)
                    try transaction.writer.put(table, key, value)
                    draft[key] = value
                }
            }
            // What is freed last lies at the end.
            if Bool.random(using: &random) {
                let size = Int.random(in: 1...100, using: &random) * 4_096
                for key in 100..<103 as Range<UInt32> {
                    try transaction.writer.put(table, key, [UInt8](repeating: 1, count: size))
                }
                for key in 100..<103 as Range<UInt32> { _ = try transaction.writer.delete(table, key) }
            }
        }
        model = draft
    }

    @Test func `what the engine wrote opens again`() throws {
        var model: [UInt32: [UInt8]] = [:]
        var short = 0
        for round in 0..<60 as Range<UInt64> {
            let environment = try Environment.make(
                folder.file(), EnvironmentOptions { $0.durability = .lastCommitMayBeLost })
            for step in 0..<3 as Range<UInt64> { try randomWrites(environment, &model, seed: round * 3 + step) }
            let info = try environment.info()
            if info.fileBytes < info.usedBytes { short += 1 }
            environment.close()
            for isReadOnly in [true, false] {
                let again = try Environment.make(folder.file(), EnvironmentOptions { $0.isReadOnly = isReadOnly })
                for key in 0..<103 as Range<UInt32> { #expect(try again.value(key) == model[key]) }
                again.close()
            }
        }
        #expect(short > 10)
    }

    /// A map smaller than the pages the header speaks of, though not than the file.
    @Test func `a short file gets a map for all its pages`() throws {
        let (bytes, _) = try shortFile(listPages: 1)
        let used = try examine(bytes)
        #expect(bytes.count < used)
        let environment = try Environment.make(folder.file(), EnvironmentOptions { $0.mapSize = bytes.count })
        #expect(try environment.info().mapSize >= used)
        try environment.put(200, [UInt8](repeating: 7, count: 1 << 20))
        #expect(try environment.value(200)?.count == 1 << 20)
    }

    /// Cut at a page, or inside one: to open means that no more than free pages are gone.
    @Test(arguments: [1, 3, 10]) func `a file cut inside used pages is refused`(listPages: Int) throws {
        let (bytes, free) = try shortFile(listPages: listPages)
        let pages = try examine(bytes) / 4_096
        let opensFrom = (0..<pages).last { !free.contains(UInt64($0)) }.map { $0 + 1 } ?? 0
        #expect((3..<pages).contains(opensFrom))
        #expect(opensFrom * 4_096 <= bytes.count)
        // Every page of the small store; of the larger ones those around the bound, and some.
        for page in 0..<pages where listPages == 1 || page % 16 == 0 || abs(page - opensFrom) < 4 {
            for cut in [page * 4_096, page * 4_096 + 2_000] where cut <= bytes.count {
                if cut / 4_096 >= opensFrom {
                    #expect(problem(bytes, cutAt: cut) == nil)
                } else {
                    // An empty file is none that was cut: it never was a store.
                    #expect(
                        problem(bytes, cutAt: cut)?.code == (cut == 0 ? .notADatabase : .truncated),
                        "\(cut) of \(bytes.count)")
                }
            }
        }
        // What passes can be read from end to end, and be written to.
        let least = folder.file("least")
        writeBytes(Array(bytes.prefix(opensFrom * 4_096)), to: least)
        let whole = try Environment.make(folder.file())
        let environment = try Environment.make(least)
        for key in 0..<5_000 as Range<UInt32> { #expect(try environment.value(key) == whole.value(key)) }
        for key in 0..<20 as Range<UInt32> { try environment.put(key, [UInt8](repeating: 9, count: 50_000)) }
        environment.close()
        let again = try Environment.make(least)
        for key in 0..<20 as Range<UInt32> { #expect(try again.value(key)?.count == 50_000) }
    }

    /// Damage to the list itself: an error, or a file as good as before. Never a trap, never without end.
    @Test(arguments: [1, 3, 10]) func `no damage to the list traps`(listPages: Int) throws {
        let (bytes, free) = try shortFile(listPages: listPages)
        let list = try freeListPages(bytes)
        #expect(list.count >= listPages)
        #expect(list.allSatisfy { !free.contains(UInt64($0)) })
        var random = Generator(state: UInt64(listPages))
        var codes: [LMDBError.Code: Int] = [:]
        for _ in 0..<250 {
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let page = list.randomElement(using: &random) ?? 0
                // The header and the first offsets lead the walk; the rest is mostly numbers.
                let offset = Int.random(in: 0..<(Bool.random(using: &random) ? 64 : 4_096), using: &random)
                let value = [0, 1, 2, 0xFF, UInt8.random(in: 0...255, using: &random)].randomElement(using: &random)
                if page * 4_096 + offset < bytes.count { damaged[page * 4_096 + offset] = value ?? 0 }
            }
            if let problem = problem(damaged) { codes[problem.code, default: 0] += 1 }
        }
        #expect(codes[.corrupted, default: 0] > 10)
        #expect(Set(codes.keys).isSubset(of: [.corrupted, .truncated]), "\(codes)")
    }

    @Test func `a list that leads in circles ends`() throws {
        let (bytes, _) = try shortFile(listPages: 10)
        let root = Int(try newestHeader(bytes).free.root)
        for target in try freeListPages(bytes) {
            var damaged = bytes
            // Every child of the root is the same page, or the root itself.
            let lower = Int(damaged[root * 4_096 + 12]) + Int(damaged[root * 4_096 + 13]) << 8
            for index in stride(from: 16, to: lower, by: 2) {
                let node = Int(damaged[root * 4_096 + index]) + Int(damaged[root * 4_096 + index + 1]) << 8
                for byte in 0..<6 {
                    damaged[root * 4_096 + node + byte] = UInt8(truncatingIfNeeded: target >> (8 * byte))
                }
            }
            #expect(problem(damaged)?.code == .corrupted)
        }
    }

    /// The newer header counts, even when the older one would find nothing wrong.
    @Test func `the older header excuses nothing`() throws {
        let (bytes, _) = try shortFile(listPages: 3)
        var damaged = bytes
        let newest = try newestHeader(bytes)
        let offset = try header(bytes, 0) == newest ? 0 : 4_096
        // One more page than are listed.
        withUnsafeBytes(of: newest.lastPage + 1) {
            for (index, byte) in $0.enumerated() { damaged[offset + 136 + index] = byte }
        }
        #expect(problem(damaged)?.code == .truncated)
        damaged = bytes
        withUnsafeBytes(of: newest.lastPage + 1) {
            for (index, byte) in $0.enumerated() { damaged[4_096 - offset + 136 + index] = byte }
        }
        #expect(problem(damaged) == nil)
    }

    // MARK: Files to look at

    /// A closed file whose last pages are missing, and its free pages. The list of these takes so many pages at least.
    func shortFile(listPages: Int) throws -> (bytes: [UInt8], free: Set<UInt64>) {
        let environment = try Environment.make(
            folder.file(), EnvironmentOptions { $0.durability = .lastCommitMayBeLost })
        let table = try environment.table(named: "t")
        try environment.write { transaction in
            for key in 0..<5_000 as Range<UInt32> {
                try transaction.writer.put(table, key, [UInt8](repeating: 1, count: 100))
            }
            if listPages > 1 {
                // A list of thousands of pages, on pages of its own.
                try transaction.writer.put(table, 5_000 as UInt32, [UInt8](repeating: 2, count: 5 << 19))
            }
        }
        if listPages > 1 { try environment.write { _ = try $0.writer.delete(table, 5_000 as UInt32) } }
        do {
            // A reader keeps each commit's pages on a list of their own: many entries, hence a tree.
            let reader = try environment.beginRead()
            for round in 0..<(listPages > 3 ? 60 : 2) {
                try environment.write { transaction in
                    for key in 0..<5_000 as Range<UInt32> where key % 50 == UInt32(round % 50) {
                        try transaction.writer.put(table, key, [UInt8](repeating: 3, count: 100))
                    }
                }
            }
            _ = reader.id
        }
        try environment.write { transaction in
            try transaction.writer.put(table, 1 as UInt32, [UInt8](repeating: 4, count: 100))
            // More than any free run, so that they go to the end.
            try transaction.writer.put(table, 6_000 as UInt32, [UInt8](repeating: 5, count: 3 << 20))
            _ = try transaction.writer.delete(table, 6_000 as UInt32)
        }
        let free = try freePages(environment)
        let info = try environment.info()
        #expect(info.fileBytes < info.usedBytes)
        environment.close()
        return (readBytes(folder.file()), free)
    }

    /// As liblmdb itself reads its list.
    func freePages(_ environment: Environment) throws -> Set<UInt64> {
        let transaction = try environment.beginRead()
        var cursor = try transaction.reader.cursor(Table(name: "", handle: 0))
        var free: Set<UInt64> = []
        while let entry = try cursor.next() {
            for index in 0..<Int(entry.value.loadUnaligned(as: UInt64.self)) {
                free.insert(entry.value.loadUnaligned(fromByteOffset: 8 * (index + 1), as: UInt64.self))
            }
        }
        return free
    }

    func header(_ bytes: [UInt8], _ offset: Int) throws -> MetaPage {
        try bytes.withUnsafeBytes { try MetaPage(UnsafeRawBufferPointer(rebasing: $0[offset...])) }
    }

    func newestHeader(_ bytes: [UInt8]) throws -> MetaPage {
        let headers = [try header(bytes, 0), try header(bytes, 4_096)]
        return headers[1].transactionID > headers[0].transactionID ? headers[1] : headers[0]
    }

    /// The pages that a walk of the list reads.
    func freeListPages(_ bytes: [UInt8]) throws -> [Int] {
        let seen = Lock<Set<Int>>([])
        _ = try Preflight.examine(
            fileBytes: { bytes.count },
            read: { offset, count in
                seen.withLock { $0.formUnion(offset / 4_096...(offset + count - 1) / 4_096) }
                return slice(bytes[...], offset, count)
            })
        let main = Int(try newestHeader(bytes).main.root)
        return seen.withLock { $0.subtracting([0, 1, main]).sorted() }
    }

    func examine(_ bytes: [UInt8], cutAt end: Int = .max) throws -> Int {
        let end = min(end, bytes.count)
        return try Preflight.examine(fileBytes: { end }, read: { slice(bytes[..<end], $0, $1) }).usedBytes
    }

    func problem(_ bytes: [UInt8], cutAt end: Int = .max) -> PreflightProblem? {
        do {
            _ = try examine(bytes, cutAt: end)
            return nil
        } catch {
            return error as? PreflightProblem
        }
    }
}

private func slice(_ bytes: ArraySlice<UInt8>, _ offset: Int, _ count: Int) -> [UInt8] {
    offset < bytes.count ? Array(bytes[offset..<min(bytes.count, offset + count)]) : []
}

import Foundation
import LMDB
import Testing

@testable import SparseFormat
@testable import SparseStore

/// Lists that have to be decoded are found again, in bounded memory, whatever else happens to the store.
@Suite(.timeLimit(.minutes(10))) struct ListCacheTests {
    /// A store of one window of some chunks, in planes where it is compact. Made once.
    private func make(
        _ temporary: TemporaryStore, profile: IndexProfile = .compact, cache: Int = 1 << 30
    ) throws -> Store {
        try Self.made[profile == .compact ? 1 : 0].get().write(to: URL(fileURLWithPath: temporary.path))
        return try temporary.open { ($0.maintenance, $0.listCacheSize) = (.manual, cache) }
    }

    private static let made = [IndexProfile.fast, .compact].map { profile in
        Result {
            let temporary = try TemporaryStore()
            let store = try temporary.open { ($0.profile, $0.maintenance) = (profile, .manual) }
            var vectors = RandomVectors(seed: 31)
            vectors.termSpace = 2_000
            vectors.terms = 60...100
            try store.write { transaction in
                for number in 0..<1_500 {
                    try transaction.upsert(Document(id: "\(number)", vector: vectors.next()))
                }
            }
            store.close()
            return try Data(contentsOf: URL(fileURLWithPath: temporary.path))
        }
    }

    private func queries(_ count: Int, seed: UInt64 = 32) throws -> [Query] {
        var vectors = RandomVectors(seed: seed)
        vectors.termSpace = 2_000
        vectors.terms = 5...30
        return try (0..<count).map { _ in Query(vector: try vectors.next()) }
    }

    private func codecs(_ store: Store) throws -> [SegmentCodec] {
        try store.read { snapshot in
            try snapshot.view.read { reader in
                let table = reader.segments
                return try snapshot.manifest.segments.flatMap { entry in
                    try table.parts(entry.id, .chunk).map { value in
                        try SegmentChunkHeader(body: UnsafeRawBufferPointer(rebasing: value[ValueHeader.size...])).codec
                    }
                }
            }
        }
    }

    @Test func `answers do not depend on how much the cache holds`() throws {
        let temporaries = [try TemporaryStore(), try TemporaryStore()]
        defer { withExtendedLifetime(temporaries) {} }
        let fast = try make(temporaries[0], profile: .fast)
        try make(temporaries[1]).close()
        let queries = try queries(6)
        var sizes: [Int] = []
        for size in [0, 1, 100_000, 64 << 20] {
            let store = try temporaries[1].open { ($0.maintenance, $0.listCacheSize) = (.manual, size) }
            #expect(try codecs(store).count { $0 == .planes } > 3)
            for recall in [Recall.exact, .target(0.9), .fast] {
                for query in queries {
                    let (a, b) = try (
                        fast.search(query, limit: 10, recall: recall), store.search(query, limit: 10, recall: recall)
                    )
                    #expect(a.hits == b.hits)
                    #expect(a.counters.postings == b.counters.postings)
                    #expect(a.counters.chunksDecoded == 0)
                    #expect(a.counters.chunksCached == 0)
                    #expect(b.counters.chunksDecoded + b.counters.chunksCached == b.counters.lists)
                    #expect(store.source.lists.bytes <= size)
                }
            }
            sizes.append(store.source.lists.bytes)
            store.close()
        }
        #expect(sizes[0] == 0 && sizes[1] == 0 && sizes[2] > 0 && sizes[3] > 100_000)
    }

    @Test func `what was decoded is found again`() throws {
        let temporary = try TemporaryStore()
        let store = try make(temporary)
        let query = try queries(1)[0]
        let first = try store.search(query, recall: .exact).counters
        #expect(first.chunksDecoded > 0)
        let second = try store.search(query, recall: .exact).counters
        #expect(second.chunksDecoded == 0)
        #expect(second.chunksCached == second.lists)
        // A commit that leaves the segment alone leaves what was decoded of it, too.
        try store.write { try $0.upsert(Document(id: "more", vector: SparseVector([(1, 1)]))) }
        #expect(try store.search(query, recall: .exact).counters.chunksDecoded == 0)
    }

    @Test func `a segment that is gone leaves nothing in the cache`() throws {
        let temporary = try TemporaryStore()
        let store = try make(temporary)
        for query in try queries(5) { _ = try store.search(query, recall: .exact) }
        let before = store.source.lists.bytes
        #expect(before > 0)
        try store.write { try $0.remove("7") }
        try store.optimize()
        // The next snapshot lets go of the old segment, and has opened the new one.
        #expect(try store.read { $0.count } == 1_499)
        #expect(store.source.lists.bytes == 0)
        let query = try queries(1)[0]
        #expect(try store.search(query, recall: .exact).counters.chunksDecoded > 0)
        try store.compact()
        #expect(try store.search(query, recall: .exact).counters.chunksDecoded > 0, "the map is another")
    }

    @Test func `threads share a cache that is much too small`() async throws {
        let temporary = try TemporaryStore()
        let store = try make(temporary, cache: 150_000)
        let queries = try queries(15)
        let expected = try queries.map { try store.search($0, recall: .exact).hits }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for thread in 0..<4 {
                group.addTask {
                    for index in queries.indices {
                        let place = (index * (2 * thread + 1) + thread) % queries.count
                        guard try store.search(queries[place], recall: .exact).hits == expected[place],
                            store.source.lists.bytes <= 150_000
                        else { return false }
                    }
                    return true
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
    }

    /// The clock: what is used stays, and what is not goes.
    @Test func `what is used stays in a full cache`() throws {
        let temporary = try TemporaryStore()
        let store = try make(temporary, cache: 0)
        let segment = try store.read { try #require($0.index.members.first).segment }
        let cache = ListCache(capacity: 3 * 65_536)
        try store.read { snapshot in
            let entry = try #require(snapshot.manifest.segments.first)
            let window = try snapshot.view.read {
                try WindowSegment(SegmentParts(entry, $0.segments), cache)
            }
            var firsts: [WindowEntry] = []
            for position in 0..<segment.directory.count {
                let list = window.directory.entry(at: position)
                if firsts.last?.chunk != list.chunk { firsts.append(list) }
            }
            try #require(firsts.count >= 6)
            func isCached(_ chunk: Int) throws -> Bool {
                var held = HeldLists()
                _ = try window.list(firsts[chunk], &held)
                return held.cached == 1
            }
            #expect(try !isCached(0))
            #expect(try !isCached(1))
            #expect(try isCached(0))
            for other in 2..<6 {
                #expect(try !isCached(other))
                #expect(try isCached(0), "used again before each other")
            }
            #expect(try !isCached(1))
            #expect(cache.bytes <= cache.capacity)
        }
    }

    @Test func `lists that were stored raw stay readable`() throws {
        let temporary = try TemporaryStore()
        let store = try make(temporary)
        let queries = try queries(4)
        let expected = try queries.map { try store.search($0, recall: .exact).hits }
        try rewrite(store) { directory, index, header, body in
            StoredChunk(raw: try StoredLists.data(directory, index, header, body))
        }
        #expect(try codecs(store).allSatisfy { $0 == .raw })
        store.close()
        let again = try temporary.open { $0.maintenance = .manual }
        for (query, hits) in zip(queries, expected) {
            let found = try again.search(query, recall: .exact)
            #expect(found.hits == hits)
            #expect(found.counters.chunksDecoded == 0)
            #expect(found.counters.chunksCached == 0)
        }
        // Its bytes are others than the manifest has counted; all else is right.
        let findings = try again.verify(.deep).findings
        #expect(findings.allSatisfy { $0.rule == "I110" })
    }

    /// Damage behind a right checksum: the error names the chunk, and nothing else is lost.
    @Test(arguments: [0, 1, 2, 3]) func `a chunk that lies is an error that names it`(kind: Int) throws {
        let temporary = try TemporaryStore()
        let store = try make(temporary)
        let queries = try queries(2)
        try rewrite(store) { directory, index, header, body in
            let data = try StoredLists.data(directory, index, header, body)
            var planes = StoredChunk(planes: Array(body.dropFirst(SegmentChunkHeader.size)), of: data)
            switch kind {
            case 0: planes = StoredChunk(planes: planes.bytes.dropLast(), of: data)
            case 1: planes = StoredChunk(planes: planes.bytes, of: data.dropLast(9))
            case 2: planes = StoredChunk(raw: data.dropLast(9))
            default:
                let other = try #require(ZstdCompressor().compress(blocks: [data.dropLast()], limit: 1 << 20))
                planes = StoredChunk(planes: other, of: data)
            }
            return planes
        }
        store.close()
        let again = try temporary.open { $0.maintenance = .manual }
        for query in queries {
            let error = #expect(throws: SparseStoreError.self) { try again.search(query, recall: .exact) }
            #expect(error?.code == .corrupted)
            #expect(error?.message.contains("'segments' at key 0000") == true, "\(error?.message ?? "")")
        }
        #expect(again.source.lists.bytes == 0)
        #expect(try again.document("17") != nil)
        #expect(try !again.verify(.deep).isClean)
    }

    /// Puts other chunks in the place of those in planes.
    private func rewrite(
        _ store: Store,
        _ change: ([UInt8], Int, SegmentChunkHeader, [UInt8]) throws -> StoredChunk
    ) throws {
        try store.file.write { writer in
            let table = writer.reader.segments
            for entry in try writer.reader.meta.manifest().segments {
                let directory = try table.part(entry.id, .directory).dropFirst(ValueHeader.size).map { $0 }
                let bodies = try table.parts(entry.id, .chunk).map { Array($0.dropFirst(ValueHeader.size)) }
                for (index, body) in bodies.enumerated() {
                    let header = try body.withUnsafeBytes { try SegmentChunkHeader(body: $0) }
                    guard header.codec == .planes else { continue }
                    let chunk = try change(directory, index, header, body)
                    let key = Keys.segment(entry.id, part: SegmentTable.Part.chunk.rawValue, index: UInt32(index))
                    let value = Value.seal(kind: .segmentChunk, version: 1, table: .segments, key: key) {
                        chunk.header.encode(into: &$0)
                        $0.append(chunk.bytes)
                    }
                    try writer.put(.segments, key, value)
                }
            }
        }
    }
}

import LMDB
import SparseFormat
import SystemPackage
import Testing

@testable import SparseStore

/// Values that contradict each other behind right checksums are damage, not the end of the process.
@Suite struct ForgedValueTests {
    private let temporary: TemporaryStore

    init() throws { temporary = try TemporaryStore() }

    /// Puts a record in the place of one that the closed store has.
    private func forge(_ record: some Record, _ table: TableNumber, _ key: [UInt8]) throws {
        try change(table) { try $0.put($1, key, record.sealed(in: table, key: key)) }
    }

    /// Changes a table of the closed store.
    private func change(_ table: TableNumber, _ body: (Writer, Table) throws -> Void) throws {
        let environment = try Environment.open(
            at: FilePath(temporary.path), options: EnvironmentOptions(), tables: TableNumber.allCases.map(\.name)
        ) { _, _ in }
        defer { environment.close() }
        try environment.write { try body($0.writer, environment.table(named: table.name)) }
    }

    private func manifest() throws -> ManifestRecord {
        let store = try temporary.open()
        defer { store.close() }
        return try store.read { $0.manifest }
    }

    private func code(_ body: (Store) throws -> some Any) throws -> SparseStoreError.Code? {
        let store = try temporary.open()
        defer { store.close() }
        do {
            _ = try body(store)
            return nil
        } catch { return (error as? SparseStoreError)?.code }
    }

    private func idf(_ store: Store) throws -> SearchResult {
        var options = SearchOptions()
        options.weighting = .corpusIDF
        return try store.search(["t": 1], options: options)
    }

    @Test(arguments: [Int64.max, Int64.min, -21, 1_000_000]) func `an impossible document frequency is damage`(
        change: Int64
    ) throws {
        try temporary.openNumbered().close()
        try forge(
            StatisticsDelta(terms: [0, 1], changes: [change, change]), .statistics,
            Keys.statisticsDelta(manifest().firstStatisticsDelta))
        #expect(try code { try idf($0) } == .corrupted)
        #expect(try code { store in try store.read { try $0.documentFrequency(of: 0) } } == .corrupted)
    }

    @Test func `document frequencies that overflow are damage`() throws {
        let store = try temporary.openNumbered()
        try store.write { try $0.upsert(Document(id: "more", terms: ["t": 1])) }
        store.close()
        let first = try manifest().firstStatisticsDelta
        for sequence in [first, first + 1] {
            try forge(
                StatisticsDelta(terms: [0, 1], changes: [.max, .max]), .statistics, Keys.statisticsDelta(sequence))
        }
        #expect(try code { try $0.statistics() } == .corrupted)
        #expect(try code { try idf($0) } == .corrupted)
    }

    @Test func `removing more than was counted is damage`() throws {
        try temporary.openNumbered().close()
        var forged = try manifest()
        forged.documents = 0
        try forge(forged, .meta, Keys.manifest)
        #expect(try code { store in try store.write { try $0.remove("d1") } } == .corrupted)
        forged = try manifest()
        forged.documents = 20
        forged.nonzeros = 1
        try forge(forged, .meta, Keys.manifest)
        #expect(try code { store in try store.write { try $0.remove("d1") } } == .corrupted)
        forged.nonzeros = 40
        forged.segments[0].tombstones = forged.segments[0].documents
        try forge(forged, .meta, Keys.manifest)
        #expect(try code { store in try store.write { try $0.remove("d1") } } == .corrupted)
    }

    @Test func `documents that are more or fewer than were counted are damage`() throws {
        try temporary.openNumbered().close()
        let honest = try manifest()
        var forged = honest
        forged.documents -= 1
        try forge(forged, .meta, Keys.manifest)
        #expect(try iterate(goingOn: true) == .corrupted)
        #expect(try iterate(goingOn: false) == nil)
        try forge(honest, .meta, Keys.manifest)
        #expect(try iterate(goingOn: true) == nil)
        try change(.documents) { writer, documents in try #require(try writer.delete(documents, 7 as UInt64)) }
        #expect(try iterate(goingOn: true) == .corrupted)
    }

    @Test(arguments: [20, .max] as [UInt64]) func `a document number that was never given out is damage`(
        number: UInt64
    ) throws {
        try temporary.openNumbered().close()
        try change(.documents) { writer, documents in
            let value = try #require(try writer.reader.get(documents, 0 as UInt64)).map { $0 }
            let forged = Value.seal(
                kind: .document, version: value[9], table: .documents, key: Keys.document(number)
            ) { $0.append(value[ValueHeader.size...]) }
            try writer.put(documents, number, forged)
        }
        #expect(try iterate(goingOn: true) == .corrupted)
    }

    private func iterate(goingOn: Bool) throws -> SparseStoreError.Code? {
        try code { store in try store.read { try $0.forEachDocument { _ in goingOn } } }
    }

    @Test func `numbers that are used up are an error`() throws {
        try temporary.openNumbered().close()
        var forged = try manifest()
        forged.nextSegment = .max
        try forge(forged, .meta, Keys.manifest)
        let code = try code { store in try store.write { try $0.upsert(Document(id: "n", terms: ["t": 1])) } }
        #expect(code == .limitExceeded)
    }

    @Test func `a stored document that a segment has as removed ends every merge with an error`() throws {
        try temporary.openNumbered().close()
        var forged = try manifest()
        forged.segments[0].tombstones += 1
        try forge(forged, .meta, Keys.manifest)
        try change(.tombstones) { writer, table in
            let key = Keys.tombstones(forged.segments[0].id, 0)
            var page = TombstonePage.empty
            page.bytes[0] = 0b100
            try writer.put(table, key, page.sealed(in: .tombstones, key: key))
        }
        #expect(try code { try $0.optimize() } == .corrupted)
        #expect(try manifest().segments == forged.segments)
        #expect(try code { try $0.verify(.deep) } == nil)
        // The segment is wholly dead for a commit that has removed the others: it is dropped, and nothing loops.
        forged.segments[0].tombstones = forged.segments[0].documents
        try forge(forged, .meta, Keys.manifest)
        #expect(
            try code { store in try store.write { try $0.upsert(Document(id: "n", terms: ["t": 1])) } } == .corrupted)
        #expect(try code { try $0.maintain() } == .corrupted)
    }

    @Test func `a segment that counts fewer documents than there are ends every merge with an error`() throws {
        let store = try temporary.open { $0.maintenance = .manual }
        try store.write { transaction in
            for document in 0..<300 {
                let terms = (0..<100).map { (TermID($0 + document), Float(1)) }
                try transaction.upsert(Document(id: "d\(document)", vector: SparseVector(terms)))
            }
        }
        try store.write { try $0.remove("d7") }
        store.close()
        var forged = try manifest()
        forged.segments[0].nonzeros = 300
        try forge(forged, .meta, Keys.manifest)
        // Windows of 21,845 nonzeros: the counts speak of one, the documents fill two.
        let reopened = try temporary.open {
            $0.maintenance = .manual
            $0.mergePolicy.memory = 1 << 20
        }
        let error = #expect(throws: SparseStoreError.self) { try reopened.optimize() }
        #expect(error?.code == .corrupted)
        #expect(try leftovers(reopened).isEmpty)
    }

    /// The last page of counts reaches past the last term.
    @Test func `the last term there can be is counted`() throws {
        let store = try temporary.open()
        let vector = try SparseVector(terms: [7, .max], weights: [1, 2])
        for round in 0...StatisticsTable.foldEvery + 1 {
            try store.write { try $0.upsert(Document(id: "d\(round)", vector: vector)) }
        }
        let count = Int(StatisticsTable.foldEvery) + 2
        #expect(try store.statistics().terms == 2)
        var counts: [TermID: Int] = [:]
        try store.read { try $0.forEachTerm { counts[$0] = $1 } }
        #expect(counts == [7: count, .max: count])
    }
}

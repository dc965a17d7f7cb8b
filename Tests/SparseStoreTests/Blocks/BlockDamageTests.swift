import LMDB
import Logging
import Platform
import SparseFormat
import Testing

@testable import SparseStore

/// The block index is optional: damage to it costs speed, and no answer.
@Suite struct BlockDamageTests {
    /// Keeps the messages of errors.
    private struct Recorder: LogHandler {
        let messages: Lock<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.error
        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }
        func log(event: LogEvent) { messages.withLock { $0.append("\(event.message)") } }
    }

    /// What is damaged of a block index: a bit, or behind right checksums its version, or what would be read again and
    /// again.
    enum Damage: CaseIterable {
        case record, directory, directoryGone, directoryNewer, lists, places, lines
        case sharedPostings, sharedComponents, sharedLines

        static let values: [Damage] = [.record, .directory, .directoryGone, .directoryNewer, .lists, .places, .lines]
        static let shared: [Damage] = [.sharedPostings, .sharedComponents, .sharedLines]
    }

    private let messages = Lock<[String]>([])

    /// Undamaged collections, built once for all tests, because most of the time of a test would go into that.
    private static let pruned = Result { try BlockCollection(documents: 4_200).image() }
    private static let unpruned = Result {
        try BlockCollection(documents: 4_200, building: BlockCollection.unpruned).image()
    }

    /// A store that its tuning lets the planner search by blocks, with a block index that is damaged.
    private func damaged(_ damage: Damage) throws -> BlockCollection {
        // Lists of one block have nothing to share.
        var blocks = try BlockCollection((damage == .sharedPostings ? Self.unpruned : Self.pruned).get())
        let store = blocks.store
        let points = [(effort: UInt8(16), recall: Float(0.9), time: Float(1e6)), (103, 0.99, 10), (255, 1, 1e7)]
            .map {
                TuningRecord.Point(limit: 10, effort: $0.effort, recall: $0.recall, time: $0.time, scored: 20)
            }
        let number = try #require(try blocks.record()).number
        func key(_ part: SegmentTable.Part) -> [UInt8] { Keys.segment(number, part: part.rawValue, index: 0) }
        let (table, key): (TableNumber, [UInt8]) =
            switch damage {
            case .record: (.meta, Keys.blocks)
            case .directory, .directoryGone, .directoryNewer: (.segments, key(.blockDirectory))
            case .lists, .sharedPostings, .sharedComponents: (.segments, key(.blockLists))
            case .places: (.segments, key(.blockPlaces))
            case .lines, .sharedLines: (.segments, key(.blockLines))
            }
        let entries = try #require(try store.read { $0.index.blocks }).index.directory.entries
        try store.file.write { writer in
            try writer.put(TuningRecord(generation: 1, documents: 4_200, queries: 4, points: points))
            guard damage != .directoryGone else { try writer.delete(table, key); return }
            var value = Array(try #require(try writer.reader.get(table, key)))
            Self.change(&value, key, by: damage, entries)
            try writer.put(table, key, value)
        }
        try blocks.reopen { $0.logger = Logger(label: "test") { _ in Recorder(messages: messages) } }
        return blocks
    }

    private static func change(
        _ value: inout [UInt8], _ key: [UInt8], by damage: Damage, _ entries: [BlockEntry]
    ) {
        let begin = ValueHeader.size + SegmentChunkHeader.size
        // Every other one of some ends is that of all, the others are 0.
        func overlap(_ ends: Range<Int>, width: Int, _ all: UInt32) {
            for (index, place) in stride(from: ends.lowerBound, to: ends.upperBound, by: width).enumerated() {
                for byte in 0..<width {
                    value[place + byte] = index % 2 == 0 ? UInt8(truncatingIfNeeded: all >> (8 * UInt32(byte))) : 0
                }
            }
        }
        switch damage {
        case .sharedPostings, .sharedComponents:
            for entry in entries where entry.postings > 0 && entry.chunk == 0 {
                let ends = begin + Int(entry.offset) + 4 * Int(entry.postings)
                let columns = ends + 2 * Int(entry.blocks)
                if damage == .sharedPostings {
                    overlap(ends..<columns, width: 2, entry.postings)
                } else {
                    let first = columns + 2 * Int(entry.columns)
                    overlap(first..<first + 4 * Int(entry.columns), width: 4, entry.components)
                }
            }
        case .directoryNewer:
            let body = value[ValueHeader.size...]
            value = Value.seal(kind: .blockDirectory, version: 3, table: .segments, key: key) { $0.append(body) }
            return
        case .sharedLines:
            // Each document goes on to the end of the chunk.
            for line in stride(from: begin, to: value.count - 63, by: 64) { value[line + 63] = 0xFF }
        default:
            value[value.count / 2] ^= 0x10
            return
        }
        value = Value.seal(kind: .segmentChunk, version: value[9], table: .segments, key: key) {
            $0.append(value[ValueHeader.size...])
        }
    }

    @Test(arguments: Damage.shared) func `a search that would read more than there is ends`(damage: Damage) throws {
        var blocks = try damaged(damage)
        let query = Query(vector: try blocks.collection.query())
        // Visits every block, and reads every document to its end.
        let error = #expect(throws: SparseStoreError.self) {
            try blocks.store.search(query, limit: 10, recall: .plainSeismic(cut: 1_000, heapFactor: 0))
        }
        #expect(error?.code == .corrupted)
        // Others go through the windows from then on.
        let result = try blocks.store.search(query, limit: 10, recall: .target(0.95))
        #expect(result.count == 10)
        #expect(result.plan.blockLists == nil)
    }

    @Test(arguments: Damage.values) func `searches fall back to windows and say so`(damage: Damage) throws {
        var blocks = try damaged(damage)
        let vector = try blocks.collection.query()
        let query = Query(vector: vector)
        let result = try blocks.store.search(query, limit: 10, recall: .target(0.95))
        #expect(result.plan.blockLists == nil)
        #expect(result.plan.reason.contains("the block index is damaged and was not used"), "\(result.plan.reason)")
        let truth = blocks.model().search(vector, limit: 10)
        #expect(try blocks.store.search(query, limit: 10, recall: .exact).map(\.id) == truth.map(\.id))
        #expect(try blocks.store.search(query, limit: 10, recall: .fast).count == 10)
        // Once, however many searches there are.
        let logged = messages.withLock { $0 }
        #expect(logged == ["the block index is damaged; searches will not use it"])
        let error = #expect(throws: SparseStoreError.self) {
            try blocks.store.search(query, limit: 10, recall: .plainSeismic(cut: 5, heapFactor: 0.8))
        }
        #expect(error?.code == .corrupted)
    }

    @Test(arguments: Damage.allCases) func `writing, merging and tuning go on, and a new index heals the store`(
        damage: Damage
    ) throws {
        var blocks = try damaged(damage)
        #expect(try !blocks.store.verify(.deep).isClean)
        let vector = try blocks.collection.query()
        try blocks.store.tune(queries: [Query(vector: vector)], isFilled: false)
        try blocks.add(20)
        try blocks.remove([blocks.collection.ids[3]])
        #expect(try blocks.store.search(Query(vector: vector), limit: 10, recall: .target(0.95)).count == 10)
        #expect(try blocks.store.statistics().documents == 4_219)
        try blocks.store.buildBlocks(BlockCollection.settings)
        let result = try blocks.store.search(Query(vector: vector), limit: 10, recall: .target(0.95))
        #expect(!result.plan.reason.contains("damaged"))
        try blocks.store.optimize()
        #expect(try blocks.store.verify(.deep).isClean)
    }
}

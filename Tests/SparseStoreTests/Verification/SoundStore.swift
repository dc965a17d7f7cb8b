import Foundation
import LMDB
import SparseFormat

@testable import SparseStore

/// Stores that are sound, made once, and copies of them to plant damage in.
enum SoundStore: String, CaseIterable, Sendable {
    /// Strings, tags, payloads with a dictionary, several segments, tombstones, deltas, a tuning and a bookmark.
    case small
    /// One window of eight levels with lists of every encoding, some of it removed.
    case leveled
    /// Token vectors of three codecs' making: most of them product-quantized, the last in half precision.
    case vectors
    /// Windows without exact vectors, one of eight levels with some of it removed, and one with them.
    case compact
    /// A block index over windows with and without exact vectors, one of its sources merged away, documents removed
    /// since.
    case blocks
    /// The same with terms that share numbers.
    case sharedBlocks
    /// A block index that was extended, with a source merged away before, and with new terms, weights above the maxima
    /// of theirs, and documents removed since.
    case extendedBlocks
    /// Counts that BM25 scores, in windows with and without levels and exact vectors, laid out at several average
    /// lengths.
    case counts
    /// Attributes of every type in two segments, some documents removed, and some tags and attributes changed since.
    case attributed
    /// Documents without a vector, alone and among others, in windows with and without exact vectors and in a block
    /// index, some of them removed and some changed since.
    case vectorless

    /// The bytes of the file.
    func bytes() throws -> Data {
        switch self {
        case .small: try Self.made[0].get()
        case .leveled: try Self.made[1].get()
        case .vectors: try Self.made[2].get()
        case .compact: try Self.made[3].get()
        case .blocks: try Self.made[4].get()
        case .counts: try Self.made[5].get()
        case .attributed: try Self.made[6].get()
        case .vectorless: try Self.made[7].get()
        case .sharedBlocks: try Self.made[8].get()
        case .extendedBlocks: try Self.made[9].get()
        }
    }

    private static let made: [Result<Data, any Error>] = [
        Result { try makeSmall() }, Result { try makeLeveled() }, Result { try makeVectors() },
        Result { try makeCompact() }, Result { try makeBlocks() }, Result { try makeCounts() },
        Result { try makeAttributed() }, Result { try makeVectorless() }, Result { try makeBlocks(termNumbers: 30) },
        Result { try makeExtendedBlocks() },
    ]

    private static func makeSmall() throws -> Data {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        // A dictionary that was not trained: training wants a thousand documents.
        try store.file.write { writer in
            try writer.putDictionary(Array(String(repeating: "a payload about nothing ", count: 20).utf8), id: 1)
            var manifest = ManifestRecord()
            manifest.nextDictionary = 2
            manifest.currentDictionary = 1
            try writer.put(manifest)
        }
        for commit in 0..<5 {
            try store.write { transaction in
                for number in 0..<12 {
                    try transaction.upsert(document(commit * 12 + number))
                }
                try transaction.setBookmark("source", to: Array("offset \(commit)".utf8))
            }
        }
        try store.write { transaction in
            for number in [3, 14, 30] { try transaction.remove("doc-\(number)") }
            try transaction.upsert(document(31))
        }
        try store.file.write { writer in
            let points = [0, 2].map {
                TuningRecord.Point(limit: 10, queryClass: $0, effort: 1, recall: 1, time: 1, scored: 1)
            }
            try writer.put(
                TuningRecord(
                    generation: 3, documents: 36, queries: 1, bounds: [10, 20], points: points,
                    coldTimes: [TuningRecord.ColdTime(effort: 1, time: 1)]))
        }
        store.close()
        return try Data(contentsOf: URL(fileURLWithPath: temporary.path))
    }

    private static func makeAttributed() throws -> Data {
        let temporary = try TemporaryStore()
        let store = try temporary.open { $0.maintenance = .manual }
        for commit in 0..<2 {
            try store.write { transaction in
                for number in commit * 40..<commit * 40 + 40 {
                    var document = document(number)
                    document.attributes = [
                        "number": .integer(Int64(number)), "share": .number(Double(number) / 8),
                        "even": .boolean(number % 2 == 0),
                        "lang": .string(["de", "en"][number % 2]), "topics": .strings(["b", "a"]),
                    ]
                    if number % 3 == 0 { document.attributes["day"] = .date(Int64(number) * 86_400_000_000) }
                    if number % 20 == 0 { document.attributes["sizes"] = .integers([Int64(number), 7]) }
                    try transaction.upsert(document)
                }
            }
        }
        try store.write { transaction in
            try transaction.remove("doc-3")
            for number in [5, 6, 50] {
                try transaction.update("doc-\(number)") { fields in
                    fields.tags = ["changed"]
                    fields.attributes["number"] = .integer(-1)
                }
            }
        }
        store.close()
        return try Data(contentsOf: URL(fileURLWithPath: temporary.path))
    }

    private static func document(_ number: Int) -> Document {
        let terms = (0..<6).map {
            WeightedTerm("term \((number * (2 * $0 + 1) + $0) % 23)", Float(1 + (number + $0) % 9) / 4)
        }
        var distinct: [WeightedTerm] = []
        for term in terms where !distinct.contains(where: { $0.term == term.term }) { distinct.append(term) }
        return Document(
            id: "doc-\(number)", terms: distinct,
            payload: Array("a payload about nothing, a payload about nothing, number \(number)".utf8),
            tags: number % 3 == 0 ? ["third", "tag \(number % 5)"] : [])
    }

    private static func makeVectors() throws -> Data {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { transaction in
            for number in 0..<40 {
                // Some have none.
                let tokens: Multivector? = try number % 4 == 0 ? nil : Self.tokens(number)
                try transaction.upsert(
                    Document(id: "\(number)", vector: SparseVector([(TermID(number), Float(1))]), multivector: tokens))
            }
        }
        try store.encodeMultivectors(as: .pq32)
        try store.write { transaction in
            try transaction.remove("1")
            try transaction.upsert(Document(id: "40", vector: SparseVector([(1, 1)]), multivector: Self.tokens(40)))
        }
        store.close()
        return try Data(contentsOf: URL(fileURLWithPath: temporary.path))
    }

    /// 3 tokens.
    static func tokens(_ number: Int, dimension: Int = 8) throws -> Multivector {
        let components = (0..<3 * dimension).map { Float((number * 7 + $0 * 5) % 11) / 8 - 0.5 }
        return try Multivector(dimension: dimension, components: components)
    }

    private static func makeCompact() throws -> Data {
        let temporary = try TemporaryStore()
        let store = try temporary.open { ($0.profile, $0.maintenance) = (.compact, .manual) }
        var vectors = RandomVectors(seed: 12)
        vectors.termSpace = 300
        vectors.terms = 5...20
        func write(_ numbers: Range<Int>) throws {
            try store.write { transaction in
                for number in numbers {
                    try transaction.upsert(
                        Document(id: "\(number)", vector: vectors.next(), tags: number % 9 == 0 ? ["nine"] : []))
                }
            }
        }
        try write(0..<1_100)
        try store.write { transaction in
            for number in 0..<40 { try transaction.remove("\(7 * number)") }
            // Exact in half precision.
            try transaction.upsert(Document(id: "half", vector: SparseVector([(3, 0.5), (90, 1.25)])))
        }
        try store.changeProfile(to: .fast)
        try write(1_100..<1_140)
        try store.changeProfile(to: .compact)
        store.close()
        return try Data(contentsOf: URL(fileURLWithPath: temporary.path))
    }

    private static func makeBlocks(termNumbers: Int = BlockNumbers.count) throws -> Data {
        var changed = try ChangedStore(seed: 13)
        try changed.write(0..<90)
        try changed.write(90..<150)
        try changed.store.changeProfile(to: .compact)
        try changed.write(150..<210)
        try changed.remove(stride(from: 0, to: 210, by: 10))
        var settings = BlockCollection.settings
        settings.blockShare = 0.4
        settings.termNumbers = termNumbers
        try changed.store.buildBlocks(settings)
        // More than a third of the second source: it is rewritten, alone.
        try changed.remove(91..<120)
        try changed.store.maintain()
        try changed.remove([5, 6, 180, 181])
        try changed.write(210..<230)
        return try changed.close()
    }

    private static func makeExtendedBlocks() throws -> Data {
        var changed = try ChangedStore(seed: 15)
        for first in stride(from: 0, to: 250, by: 50) { try changed.write(first..<first + 50) }
        try changed.store.buildBlocks(BlockCollection.settings)
        // Half of the second source: it is rewritten, alone.
        try changed.remove(50..<75)
        try changed.store.maintain()
        changed.vectors.termSpace = 150
        try changed.write(250..<280)
        try changed.store.write { try $0.upsert(Document(id: "heavy", vector: SparseVector([(0, 9), (200, 1)]))) }
        let merger = Merger(changed.store.file, MergePolicy())
        guard try merger.buildBlocks(BlockCollection.settings, mayExtend: true, { _ in }) else {
            throw SparseStoreError(.notFound, problem: "no block index")
        }
        try changed.remove([5, 6, 180, 181, 260])
        try changed.write(280..<300)
        return try changed.close()
    }

    private static func makeCounts() throws -> Data {
        let temporary = try TemporaryStore()
        let store = try temporary.open { $0.maintenance = .manual }
        try store.write { transaction in
            try transaction.setEncoder(
                EncoderDescription(name: "test", fingerprint: 1, parameters: "none", scoring: .bm25(k1: 1.2, b: 0.75)))
        }
        func write(_ numbers: Range<Int>, length: Int) throws {
            try store.write { transaction in
                for number in numbers {
                    let terms = (0..<3 + number % length).reduce(into: [:]) { counts, step in
                        counts["t\(number * (step + 3) % 61)", default: Float(0)] += 1
                    }
                    try transaction.upsert(Document(id: "\(number)", terms: terms))
                }
            }
        }
        try write(0..<1_100, length: 9)
        try write(1_100..<1_130, length: 70)
        try store.write { transaction in for number in 0..<60 { try transaction.remove("\(11 * number)") } }
        try store.changeProfile(to: .compact)
        try write(1_120..<1_160, length: 31)
        store.close()
        return try Data(contentsOf: URL(fileURLWithPath: temporary.path))
    }

    private static func makeVectorless() throws -> Data {
        let temporary = try TemporaryStore()
        let store = try temporary.open {
            ($0.maintenance, $0.mergePolicy.documentsMergedByCommits) = (.manual, 0)
        }
        var vectors = RandomVectors(seed: 14)
        vectors.termSpace = 60
        vectors.terms = 3...9
        func write(_ numbers: Range<Int>, hasVector: (Int) -> Bool) throws {
            try store.write { transaction in
                for number in numbers {
                    var document = Document(
                        id: "\(number)", payload: [1, 2], tags: number % 3 == 0 ? ["third"] : [],
                        attributes: ["number": .integer(Int64(number))])
                    if hasVector(number) { document.content = .vector(try vectors.next()) }
                    try transaction.upsert(document)
                }
            }
        }
        try write(0..<20) { _ in false }
        try write(20..<80) { $0 % 4 > 0 }
        try store.changeProfile(to: .compact)
        try write(80..<100) { _ in false }
        try write(100..<160) { $0 % 4 > 0 }
        try store.buildBlocks(BlockCollection.settings)
        try store.write { transaction in
            for number in stride(from: 0, to: 160, by: 10) { try transaction.remove("\(number)") }
            for number in [4, 24, 84, 104] {
                try transaction.update("\(number)") { $0.attributes["number"] = .integer(-1) }
            }
        }
        store.close()
        return try Data(contentsOf: URL(fileURLWithPath: temporary.path))
    }

    private static func makeLeveled() throws -> Data {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        var vectors = RandomVectors(seed: 11)
        vectors.termSpace = 300
        vectors.terms = 5...20
        try store.write { transaction in
            for number in 0..<1_100 { try transaction.upsert(Document(id: "\(number)", vector: vectors.next())) }
        }
        // So many commits that deltas are folded into pages, and some wait.
        for number in 0..<70 { try store.write { try $0.remove("\(15 * number)") } }
        store.close()
        return try Data(contentsOf: URL(fileURLWithPath: temporary.path))
    }
}

/// A copy of a sound store, open for whatever is done to it.
final class DamagedStore {
    private let temporary: TemporaryStore
    let store: Store

    init(_ sound: SoundStore) throws {
        temporary = try TemporaryStore()
        try sound.bytes().write(to: URL(fileURLWithPath: temporary.path))
        store = try temporary.open()
    }

    func manifest() throws -> ManifestRecord { try store.file.read { try $0.meta.manifest() } }

    func write(_ body: (StoreWriter) throws -> Void) throws { try store.file.write(body) }

    func changeManifest(_ change: (inout ManifestRecord) -> Void) throws {
        var manifest = try manifest()
        change(&manifest)
        let changed = manifest
        try write { try $0.put(changed) }
    }

    /// Every key of a table.
    func keys(_ table: TableNumber) throws -> [[UInt8]] {
        try store.file.read { reader in
            var cursor = try reader.cursor(table)
            var keys: [[UInt8]] = []
            while let entry = try cursor.next() { keys.append(Array(entry.key)) }
            return keys
        }
    }

    func value(_ table: TableNumber, _ key: [UInt8]) throws -> [UInt8]? {
        try store.file.read { try $0.get(table, key).map { Array($0) } }
    }

    /// Changes the body of a value and, unless it is to be damage, gives it the checksum that fits.
    func changeBody(
        _ table: TableNumber, _ key: [UInt8], resealing: Bool = true, _ change: (inout [UInt8]) -> Void
    ) throws {
        guard let value = try value(table, key), let kind = RecordKind(rawValue: value[8]) else {
            throw SparseStoreError(.notFound, problem: "no such value")
        }
        var body = Array(value.dropFirst(ValueHeader.size))
        change(&body)
        let changed = body
        let sealed =
            resealing
            ? Value.seal(kind: kind, version: value[9], table: table, key: key) { $0.append(changed) }
            : Array(value.prefix(ValueHeader.size)) + changed
        try write { try $0.put(table, key, sealed) }
    }

    func delete(_ table: TableNumber, _ key: [UInt8]) throws {
        try write { try $0.delete(table, key) }
    }

    func segmentKey(_ segment: UInt32, _ part: SegmentTable.Part, _ index: UInt32 = 0) -> [UInt8] {
        Keys.segment(segment, part: part.rawValue, index: index)
    }
}

/// A store whose documents are written and removed by number, and merged only when asked.
private struct ChangedStore {
    let store: Store
    var vectors: RandomVectors
    private let temporary: TemporaryStore

    init(seed: UInt64) throws {
        temporary = try TemporaryStore()
        store = try temporary.open {
            ($0.maintenance, $0.mergePolicy.documentsMergedByCommits) = (.manual, 0)
        }
        vectors = RandomVectors(seed: seed)
        vectors.termSpace = 120
        vectors.terms = 3...30
    }

    mutating func write(_ numbers: Range<Int>) throws {
        let documents = try numbers.map { Document(id: "\($0)", vector: try vectors.next()) }
        try store.write { transaction in for document in documents { try transaction.upsert(document) } }
    }

    func remove(_ numbers: some Sequence<Int>) throws {
        try store.write { transaction in for number in numbers { try transaction.remove("\(number)") } }
    }

    /// Returns the file.
    func close() throws -> Data {
        store.close()
        return try Data(contentsOf: URL(fileURLWithPath: temporary.path))
    }
}

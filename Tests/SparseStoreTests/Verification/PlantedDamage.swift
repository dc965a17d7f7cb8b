import LMDB
import SparseFormat
import Testing

@testable import SparseStore

/// A wrong value with a right checksum, and what must be found then, and nothing else.
struct PlantedDamage: Sendable, CustomTestStringConvertible {
    let name: String
    var sound = SoundStore.small
    /// The rules that a deep verification finds broken, and a quick one.
    let deep: Set<String>
    let quick: Set<String>
    let plant: @Sendable (DamagedStore) throws -> Void

    init(
        _ name: String, _ sound: SoundStore = .small, deep: Set<String>, quick: Set<String>,
        _ plant: @escaping @Sendable (DamagedStore) throws -> Void
    ) {
        (self.name, self.sound, self.deep, self.quick, self.plant) = (name, sound, deep, quick, plant)
    }

    var testDescription: String { name }

    static let all: [PlantedDamage] =
        records + references + merges + multivectors + statistics + segments + contents
        + blocks + counts + attributes

    private static let records = [
        PlantedDamage("no manifest", deep: ["I117"], quick: ["I117"]) { try $0.delete(.meta, Keys.manifest) },
        PlantedDamage("no store record", deep: ["I117"], quick: ["I117"]) { try $0.delete(.meta, Keys.store) },
        PlantedDamage("a tuning of the future", deep: ["I116"], quick: ["I116"]) {
            try $0.changeBody(.meta, Keys.tuning) { $0[0] = 200 }
        },
        PlantedDamage("a reserved byte", deep: ["I2"], quick: ["I2"]) {
            try $0.changeBody(.meta, Keys.manifest) { $0[34] = 1 }
        },
        PlantedDamage("a key of no shape", deep: ["I3"], quick: []) { copy in
            try copy.write { try $0.put(.meta, Array("elsewhere".utf8), [1, 2, 3]) }
        },
        PlantedDamage("a value under another's key", deep: ["checksum"], quick: []) { copy in
            let value = try #require(try copy.value(.ids, Keys.identifier("doc-7")))
            try copy.write { try $0.put(.ids, Keys.identifier("doc-8"), value) }
        },
        PlantedDamage("one document more", deep: ["I102"], quick: ["I101", "I102"]) {
            try $0.changeManifest { $0.documents += 1 }
        },
        PlantedDamage("one term more", deep: ["I102"], quick: []) { try $0.changeManifest { $0.nonzeros += 1 } },
    ]

    private static let references = [
        PlantedDamage("an identifier gone", deep: ["I101"], quick: ["I101"]) {
            try $0.delete(.ids, Keys.identifier("doc-7"))
        },
        PlantedDamage("an identifier of nothing", deep: ["I101"], quick: ["I101"]) { copy in
            try copy.write { try $0.putIdentifier("nobody", number: 900) }
        },
        PlantedDamage("an identifier of another", deep: ["I101"], quick: []) { copy in
            try copy.write { try $0.putIdentifier("doc-7", number: 8) }
        },
        PlantedDamage("a name gone", deep: ["I107"], quick: ["I107"]) { try $0.delete(.vocabulary, Keys.termName(4)) },
        PlantedDamage("a name that leads elsewhere", deep: ["I107"], quick: []) { copy in
            let name = try #require(try copy.store.read { try $0.termName(4) })
            try copy.write {
                try TermIDRecord(id: 5).put(into: .vocabulary, key: Keys.termID(name), $0)
            }
        },
        PlantedDamage("a term that was not given out", deep: ["I107"], quick: ["I107"]) { copy in
            try copy.write { try $0.putTerm("new", id: 700) }
        },
        PlantedDamage("a term of a document beyond the last", deep: ["I107", "I108"], quick: ["I107"]) {
            try $0.changeManifest { $0.nextTerm -= 1 }
        },
        PlantedDamage("a dictionary gone", deep: ["I109"], quick: ["I109"]) {
            try $0.delete(.dictionaries, Keys.dictionary(1))
        },
        PlantedDamage("a dictionary that was not given out", deep: ["I115"], quick: ["I115"]) { copy in
            try copy.write { try $0.putDictionary([1, 2, 3], id: 9) }
        },
    ]

    private static let merges = [
        PlantedDamage("a merge of no neighbors", deep: ["I118"], quick: ["I118"]) { copy in
            let merge = ClaimRecord(owner: 1, process: 1, sources: [900], staged: [])
            try copy.write { try merge.put(into: .meta, key: Keys.merge, $0) }
        },
        PlantedDamage("a merge that makes what is there", deep: ["I118"], quick: ["I118"]) { copy in
            let listed = try copy.manifest().segments.map(\.id)
            let merge = ClaimRecord(owner: 1, process: 1, sources: [listed[0]], staged: [listed[1]])
            try copy.write { try merge.put(into: .meta, key: Keys.merge, $0) }
        },
        PlantedDamage("a live segment retired", deep: ["I119"], quick: ["I119"]) { copy in
            let listed = try copy.manifest().segments.map(\.id)
            try copy.write { try $0.putRetired([listed[0]]) }
        },
    ]

    private static let multivectors = [
        PlantedDamage("token vectors gone", .vectors, deep: ["I131"], quick: []) { copy in
            try copy.delete(.multivectors, try copy.keys(.multivectors)[3])
        },
        PlantedDamage("token vectors of nobody", .vectors, deep: ["I130", "I131"], quick: []) { copy in
            let value = MultivectorEncoder(.f16).encode(try SoundStore.tokens(1), number: 900)
            try copy.write { try $0.put(.multivectors, UInt64(900), value, mode: .upsert) }
        },
        PlantedDamage("token vectors of another dimension", .vectors, deep: ["I130", "I131"], quick: []) { copy in
            let value = MultivectorEncoder(.f16).encode(try SoundStore.tokens(1, dimension: 4), number: 5)
            try copy.write { try $0.put(.multivectors, UInt64(5), value, mode: .upsert) }
        },
        PlantedDamage("a codebook gone", .vectors, deep: ["I132"], quick: []) {
            try $0.delete(.meta, Keys.codebook(1))
        },
        PlantedDamage("no settings of the token vectors", .vectors, deep: ["I131"], quick: []) {
            try $0.delete(.meta, Keys.multivectorSettings)
        },
    ]

    private static let counts = [
        PlantedDamage("one count more in the encoder's record", .counts, deep: ["I140"], quick: []) {
            try $0.changeBody(.meta, Keys.encoder) { $0[12] &+= 1 }
        },
        PlantedDamage("an encoder without a name", .counts, deep: ["I14"], quick: []) {
            try $0.changeBody(.meta, Keys.encoder) { $0[28] = 0 }
        },
        PlantedDamage("a length without BM25", .counts, deep: ["I50"], quick: []) {
            try $0.changeBody(.meta, Keys.encoder) { $0[0] = 0 }
        },
        PlantedDamage("lists of another scoring", deep: ["I112", "I140"], quick: []) { copy in
            let record = EncoderRecord(
                name: "x", fingerprint: 1, bm25: BM25Parameters(k1: 1, b: 1), length: 5)
            try copy.write { try $0.put(record) }
        },
    ]

    private static let statistics = [
        PlantedDamage("a frequency one too high", .leveled, deep: ["I105"], quick: []) {
            try $0.changeBody(.statistics, Keys.statisticsPage(0)) { $0[4 * 17] &+= 1 }
        },
        PlantedDamage("a delta gone", deep: ["I105", "I106"], quick: ["I106"]) {
            try $0.delete(.statistics, Keys.statisticsDelta(2))
        },
        PlantedDamage("a delta too many", deep: ["I106"], quick: ["I106"]) { copy in
            let delta = StatisticsDelta(terms: [1], changes: [1])
            try copy.write {
                try delta.put(into: .statistics, key: Keys.statisticsDelta(90), $0)
            }
        },
    ]

    private static let segments = [
        PlantedDamage("a live document with a tombstone", deep: ["I103"], quick: []) { copy in
            let segment = try copy.manifest().segments[0]
            let page = Keys.tombstones(segment.id, 0)
            try copy.changeBody(.tombstones, page) { $0[0] |= 1 << 5 }
            try copy.changeManifest { $0.segments[0].tombstones += 1 }
        },
        PlantedDamage("a removed document without a tombstone", deep: ["I103"], quick: []) { copy in
            let segment = try copy.manifest().segments[0]
            // Document 3, removed, is ordinal 3 of the first segment.
            try copy.changeBody(.tombstones, Keys.tombstones(segment.id, 0)) { $0[0] &= ~(1 << 3) }
            try copy.changeManifest { $0.segments[0].tombstones -= 1 }
        },
        PlantedDamage("a document in no segment", deep: ["I101", "I102", "I103", "I105"], quick: ["I102"]) { copy in
            let key = Keys.document(5_000)
            let value = try DocumentEncoder().encode(id: "stray", vector: SparseVector([(1, 1)]), key: key)
            try copy.write { try $0.put(.documents, key, value) }
        },
        PlantedDamage("one tombstone more in the manifest", deep: ["I104"], quick: ["I104"]) {
            try $0.changeManifest { $0.segments[0].tombstones += 1 }
        },
        PlantedDamage("a tombstone beyond the end", deep: ["I104"], quick: ["I104"]) { copy in
            let segment = try copy.manifest().segments[0]
            try copy.changeBody(.tombstones, Keys.tombstones(segment.id, 0)) { $0[1_000] = 1 }
            try copy.changeManifest { $0.segments[0].tombstones += 1 }
        },
        PlantedDamage("a part gone", deep: ["I110"], quick: ["I110"]) { copy in
            try copy.delete(.segments, copy.segmentKey(try copy.manifest().segments[1].id, .forward))
        },
        PlantedDamage("a compact window that says it has vectors", .compact, deep: ["I110"], quick: ["I110"]) {
            try $0.changeManifest { $0.segments[0].isCompact = false }
        },
        PlantedDamage("a window that has vectors and says it is compact", deep: ["I110"], quick: ["I110"]) {
            try $0.changeManifest { $0.segments[1].isCompact = true }
        },
        PlantedDamage("a chunk gone", deep: ["I24", "I110"], quick: ["I110"]) { copy in
            try copy.delete(.segments, copy.segmentKey(try copy.manifest().segments[1].id, .chunk))
        },
        PlantedDamage("an entry with other bytes", deep: ["I110"], quick: ["I110"]) {
            try $0.changeManifest { $0.segments[0].bytes += 1 }
        },
        PlantedDamage("an entry with other postings", deep: ["I110"], quick: ["I110"]) {
            try $0.changeManifest { $0.segments[0].nonzeros += 1 }
        },
        PlantedDamage("an entry with another range", deep: ["I110"], quick: ["I110"]) {
            try $0.changeManifest {
                $0.nextDocument += 1
                $0.segments[$0.segments.count - 1].lastDocument += 1
            }
        },
        PlantedDamage("a part of an unlisted segment", deep: ["I111"], quick: ["I111"]) { copy in
            let key = copy.segmentKey(800, .tags)
            let value = Value.seal(kind: .segmentTags, version: 1, table: .segments, key: key) { body in
                var writer = TagTableWriter(documents: 9)
                writer.append([65], ordinals: [3])
                writer.finish()
                body.append(writer.bodies[0])
            }
            try copy.write { try $0.put(.segments, key, value) }
        },
        PlantedDamage("a tombstone of an unlisted segment", deep: ["I111"], quick: ["I111"]) { copy in
            try copy.write { try $0.mark([1], as: .removed, in: 800) }
        },
    ]
}

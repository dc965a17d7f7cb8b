import Foundation
import LMDB
import SparseFormat
import Testing

@testable import SparseStore

/// A store of several windows with a block index, and what is in it.
struct BlockCollection {
    let temporary: TemporaryStore
    private(set) var store: Store
    var collection: TaggedCollection

    /// Settings for few documents: short lists, small blocks.
    static var settings: BlockSettings {
        var settings = BlockSettings()
        settings.postingsPerTerm = 3
        settings.leastPostings = 2
        settings.smallestBlock = 1
        return settings
    }

    /// Those that keep every posting.
    static var unpruned: BlockSettings {
        var settings = settings
        settings.postingsPerTerm = 60_000
        settings.leastPostings = 60_000
        settings.summaryShare = 1
        return settings
    }

    /// Those with which the 300 terms of a collection share 40 numbers.
    static var shared: BlockSettings {
        var settings = unpruned
        settings.termNumbers = 40
        return settings
    }

    /// - Parameter settings: of the block index; nil for none.
    init(
        documents: Int = 300, terms: Int = 300, seed: UInt64 = 1,
        building settings: BlockSettings? = BlockCollection.settings,
        _ configure: (inout Configuration) -> Void = { _ in }
    ) throws {
        temporary = try TemporaryStore()
        store = try temporary.open {
            $0.maintenance = .manual
            $0.mergePolicy.documentsMergedByCommits = 0
            configure(&$0)
        }
        collection = TaggedCollection(seed: seed, termSpace: terms)
        for _ in 0..<3 { try add(documents / 3) }
        if let settings { try store.buildBlocks(settings) }
    }

    /// The bytes of a store and what is in it, to make copies of a collection that takes long to build.
    struct Image {
        fileprivate let file: Data
        fileprivate let collection: TaggedCollection
    }

    func image() throws -> Image {
        let copy = try TemporaryStore()
        try store.backup(to: copy.path)
        return Image(file: try Data(contentsOf: URL(fileURLWithPath: copy.path)), collection: collection)
    }

    init(_ image: Image) throws {
        temporary = try TemporaryStore()
        try image.file.write(to: URL(fileURLWithPath: temporary.path))
        store = try temporary.open { $0.maintenance = .manual }
        collection = image.collection
    }

    mutating func add(_ count: Int) throws {
        let documents = try (0..<count).map { _ in try collection.add() }
        try store.write { transaction in for document in documents { try transaction.upsert(document) } }
    }

    mutating func replace(_ ids: [String]) throws {
        let documents = try ids.map { try collection.add($0) }
        try store.write { transaction in for document in documents { try transaction.upsert(document) } }
    }

    mutating func remove(_ ids: [String]) throws {
        try store.write { transaction in for id in ids { try transaction.remove(id) } }
        for id in ids { collection.remove(id) }
    }

    mutating func reopen(_ configure: (inout Configuration) -> Void = { _ in }) throws {
        store.close()
        store = try temporary.open {
            $0.maintenance = .manual
            configure(&$0)
        }
    }

    func model(_ filter: Filter? = nil) -> BruteForce {
        BruteForce(
            documents: collection.documents.filter { entry in
                filter.map { collection.lets(entry.key.text, through: $0) } ?? true
            }.mapValues(\.vector))
    }

    /// Searches the block index to the end of all lists, and scores whatever is in them.
    func searchAll(
        _ query: SparseVector, limit: Int, filter: Filter? = nil
    ) throws -> (hits: [FoundDocument], counters: SearchCounters) {
        let plan = BlockPlan(
            lists: 10_000, heapFactor: 0, candidates: 10_000, candidatesPerHit: 1, headShare: 0)
        return try search(query, limit: limit, plan: plan, filter: filter)
    }

    /// Searches the block index by a plan.
    func search(
        _ query: SparseVector, limit: Int, plan: BlockPlan, filter: Filter? = nil
    ) throws -> (hits: [FoundDocument], counters: SearchCounters) {
        try store.read { snapshot in
            var counters = SearchCounters()
            let search = FirstStage(
                view: snapshot.view, query: try snapshot.resolve(Query(vector: query), .none), limit: limit,
                minimumScore: nil, effort: .blocks(plan),
                allowed: try filter.map { try snapshot.allowed($0, snapshot.state.schema) })
            let hits = try snapshot.source.scratch.withScratch { try search.run($0, &counters) }
            return (hits, counters)
        }
    }

    /// The identifiers of the live documents in the lists of some terms.
    func listed(_ terms: [TermID]) throws -> Set<String> {
        try store.read { snapshot in
            guard let view = snapshot.index.blocks else { return [] }
            var ids: Set<String> = []
            for term in terms {
                guard let position = view.index.directory.position(of: term),
                    let list = try view.index.list(at: position)
                else { continue }
                for posting in 0..<list.postings {
                    guard let place = view.place(of: view.index.lines.document(at: list.slot(posting))),
                        snapshot.index.members[place.window].isLive(place.ordinal)
                    else { continue }
                    ids.insert(try snapshot.view.vector(of: place).identifier())
                }
            }
            return ids
        }
    }

    func record() throws -> BlockIndexRecord? {
        try store.file.read { try $0.meta.blocks() }
    }

    /// The values of the block index by their keys without its number.
    func parts() throws -> [[UInt8]: [UInt8]] {
        guard let record = try record() else { return [:] }
        return try store.file.read { reader in
            var cursor = try reader.cursor(.segments)
            var parts: [[UInt8]: [UInt8]] = [:]
            while let entry = try cursor.next() {
                guard entry.key.starts(with: Keys.segmentPrefix(record.number)) else { continue }
                // Without the checksum, which covers the key.
                parts[Array(entry.key.dropFirst(4))] = Array(entry.value.dropFirst(8))
            }
            return parts
        }
    }
}

extension BlockCollection {
    /// Builds a block index and stops at the first step, then again at the second, and so on, until a build ends.
    /// Expects the store to be what it was after each stop. Returns the number of stops.
    func buildStoppingEverywhere(_ merger: Merger, mayExtend: Bool = false) throws -> Int {
        struct Stop: Error {}
        let before = (try record(), try parts(), try store.read { $0.manifest.segments })
        var stops = 0
        while true {
            var steps = 0
            do {
                _ = try merger.buildBlocks(Self.settings, mayExtend: mayExtend) { _ in
                    steps += 1
                    if steps > stops { throw Stop() }
                }
                return stops
            } catch is Stop {}
            stops += 1
            #expect(try leftovers(store).isEmpty, "stopped at step \(stops)")
            #expect(try record() == before.0, "stopped at step \(stops)")
            #expect(try parts() == before.1, "stopped at step \(stops)")
            #expect(try store.read { $0.manifest.segments } == before.2, "stopped at step \(stops)")
        }
    }
}

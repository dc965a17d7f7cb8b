import Measure

@testable import SparseFormat
@testable import SparseStore

/// The input of the kernels: the largest window of a store, and real queries.
struct Material {
    let snapshot: Snapshot
    let index: CommitIndex
    let window: Int
    let queries: [ResolvedQuery]
    let scratch = ScanScratch()

    /// The maximum number of documents scored for a query, which are its true best.
    static let best = 25

    init(_ snapshot: Snapshot, _ queries: CSRFile, count: Int) throws {
        self.snapshot = snapshot
        index = snapshot.index
        let sizes = index.members.map(\.segment.documentCount)
        guard let window = sizes.indices.max(by: { sizes[$0] < sizes[$1] }),
            sizes[window] >= WindowLevels.minimumDocuments
        else { throw Failure("the store has no window of \(WindowLevels.minimumDocuments) documents") }
        guard !index.members[window].segment.isCompact else {
            throw Failure("the store is compact; use one with exact vectors in addition to its lists")
        }
        self.window = window
        self.queries = try (0..<min(count, queries.rows)).map { row in
            try snapshot.resolve(Query(vector: queries.vector(row)), .none)
        }
    }

    var segment: WindowSegment { index.members[window].segment }
    var directory: WindowDirectory { segment.directory }

    /// A list in the map.
    struct List {
        let bytes: UnsafeRawPointer
        let entry: WindowEntry

        var postings: Int { Int(entry.count) }
        var packs: Int { (postings + WindowEntry.packSize - 1) / WindowEntry.packSize }
    }

    /// The lists of one kind that the queries read, in their order.
    func asked(_ encoding: WindowEntry.Encoding) throws -> [List] {
        try queries.flatMap(\.terms).compactMap(directory.find).map(list).filter { $0.entry.encoding == encoding }
    }

    /// All lists of one kind.
    func all(_ encoding: WindowEntry.Encoding) throws -> [List] {
        try (0..<directory.count).filter { directory.entry(at: $0).encoding == encoding }.map(list)
    }

    func list(at position: Int) throws -> List {
        let entry = directory.entry(at: position)
        // Lists that are not compressed are read in the map, so nothing has to be held.
        var held = HeldLists()
        return List(bytes: try segment.list(entry, &held), entry: entry)
    }

    /// The ordinals of each query's best documents in the window.
    func bestOrdinals() throws -> [[Int]] {
        let allowed = index.members.enumerated().map { position, other in
            let count = other.segment.documentCount
            var live = position == window ? Bitmap(allBelow: count) : Bitmap(count: count)
            if let tombstones = other.tombstones, position == window { live.subtract(tombstones) }
            return AllowedDocuments(live)
        }
        return try queries.map { query in
            var counters = SearchCounters()
            return try FirstStage(
                view: snapshot.view, query: query, limit: Self.best, minimumScore: nil, effort: nil, allowed: allowed
            )
            .run(scratch, &counters).map(\.place.ordinal)
        }
    }
}

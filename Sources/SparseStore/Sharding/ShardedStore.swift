internal import SparseFormat

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif
public import SystemPackage

/// Several stores that answer as one.
///
///     let store = try ShardedStore(at: ["wiki/0.sparse", "wiki/1.sparse"])
///     for hit in try store.search(["swift": 1.2, "storage": 0.4]) { print(hit.id, hit.score) }
///
/// An exact search returns the same documents and the same scores, bit for bit, as one store with the documents of all
/// shards: document frequencies, counts and lengths are summed, and one threshold holds for all shards.
///
/// If a shard cannot answer, the search throws a ``PartialAnswer`` that names the shard and has the answer of the
/// others.
///
/// A document is in the shard that a hash of its identifier names (FORMAT.md, "Shards"). Stores that were filled in
/// another way can be searched together if no two of them have the same identifier, but they cannot be written to.
public final class ShardedStore: Sendable {
    /// The paths of the shards, in the order of their numbers.
    public let paths: [FilePath]
    /// The shards that could not be opened, with their errors.
    public let unopened: [ShardFailure]
    /// The open shards, in order.
    let stores: [Store]
    /// Whether each identifier's shard follows from its hash.
    let isPlaced: Bool

    /// Opens stores as shards, in any order.
    ///
    /// - Parameters:
    ///   - paths: The paths of 1 to 1,024 different stores.
    ///   - configuration: The configuration of each shard. If the configuration allows it, missing shards are created
    ///     as one new set.
    ///   - allowsFailures: Whether to continue without shards that cannot be opened. Every search then names them.
    /// - Throws: The errors of `Store.open`, with the shard's path; `invalidArgument` for an empty list, for copies of
    ///   one store, and for shards of several sets or of an incomplete set.
    public init(
        at paths: [FilePath], configuration: Configuration = Configuration(), allowsFailures: Bool = false
    ) throws(SparseStoreError) {
        guard (1...Limits.maximumShards).contains(paths.count) else {
            throw SparseStoreError(
                .invalidArgument, problem: "there are \(paths.count) paths of shards",
                remedy: "pass 1...\(Limits.maximumShards)")
        }
        var configuration = configuration
        configuration.storesSharingPageCache = paths.count
        var opened: [(path: FilePath, store: Store?)] = []
        var unopened: [ShardFailure] = []
        do throws(SparseStoreError) {
            for path in paths {
                do throws(SparseStoreError) {
                    opened.append((path, try Store.open(at: path, configuration: configuration)))
                } catch {
                    guard paths.count > 1 else { throw error }
                    let failure = ShardFailure(path: path, error: error)
                    guard allowsFailures, error.isOfStore || error.code == .notFound else {
                        throw SparseStoreError(
                            error.code, problem: failure.problem, remedy: error.remedy,
                            cause: failure)
                    }
                    unopened.append(failure)
                    opened.append((path, nil))
                }
            }
            guard opened.contains(where: { $0.store != nil }) else {
                throw SparseStoreError(
                    unopened[0].error.code,
                    problem: "no shard could be opened; the first error: \(unopened[0].problem)",
                    remedy: unopened[0].error.remedy, cause: unopened[0])
            }
            let set = try ShardSet(&opened, isComplete: unopened.isEmpty, canWrite: !configuration.isReadOnly)
            isPlaced = set.isPlaced && unopened.isEmpty
        } catch {
            for (_, store) in opened { store?.close() }
            throw error
        }
        self.paths = opened.map(\.path)
        self.unopened = unopened
        stores = opened.compactMap(\.store)
    }

    /// Opens stores as shards, in any order. See ``init(at:configuration:allowsFailures:)-([FilePath],_,_)``.
    public convenience init(
        at paths: [String], configuration: Configuration = Configuration(), allowsFailures: Bool = false
    ) throws(SparseStoreError) {
        try self.init(
            at: paths.map { FilePath($0) }, configuration: configuration, allowsFailures: allowsFailures)
    }

    deinit { close() }

    /// Closes every shard. See ``Store/close()``.
    public func close() { for store in stores { store.close() } }

    /// Runs `body` with a snapshot of the newest commit of each shard.
    ///
    /// - Throws: The error of the snapshot if there is only one shard; `encoderMismatch`, `termSpaceMismatch` or
    ///   `dimensionMismatch` for shards that cannot answer as one; the errors of `body`.
    public func read<R>(_ body: (ShardedSnapshot) throws -> R) throws -> R {
        try body(SparseStoreError.wrap { try snapshot() })
    }

    func snapshot(_ cancellation: Cancellation? = nil) throws -> ShardedSnapshot {
        var snapshots: [Snapshot] = []
        var missing = unopened
        for store in stores {
            do throws(SparseStoreError) {
                snapshots.append(try SparseStoreError.wrap { try store.source.snapshot(cancellation) })
            } catch {
                guard error.isOfStore, stores.count > 1 else { throw error }
                missing.append(ShardFailure(path: store.path, error: error))
            }
        }
        return try ShardedSnapshot(snapshots, missing)
    }

    /// Searches the newest commits. See ``ShardedSnapshot/search(_:options:stages:)``.
    public func search(
        _ query: Query, limit: Int = 10, recall: Recall = .target(0.95)
    ) throws -> SearchResult {
        try search(query, options: SearchOptions(limit: limit, recall: recall))
    }

    /// Searches the newest commits. See ``ShardedSnapshot/search(_:options:stages:)``.
    public func search(_ query: Query, options: SearchOptions, stages: [SearchStage] = []) throws -> SearchResult {
        try read { try $0.search(query, options: options, stages: stages) }
    }

    /// Searches the newest commits. See ``ShardedSnapshot/search(_:options:stages:)``.
    ///
    /// - Throws: The same errors, and `cancelled`.
    public func search(
        _ query: Query, options: SearchOptions, stages: [SearchStage] = []
    ) async throws -> SearchResult {
        try await AsyncHop.run { [self] cancellation in
            try SparseStoreError.wrap { try snapshot(cancellation) }.search(query, options: options, stages: stages)
        }
    }
}

extension ShardedStore {
    /// Returns the paths of the shards in a folder: `0.sparse`, `1.sparse` and so on, in this order. A missing number
    /// is included, so that opening it fails. In a folder without such names, every file that ends in `.sparse` is a
    /// shard.
    ///
    /// - Throws: `notFound` for a folder without shards, `io`.
    public static func paths(in folder: FilePath) throws(SparseStoreError) -> [FilePath] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder.string)
        } catch {
            throw SparseStoreError(
                .io, problem: "'\(folder)' cannot be listed: \(error)",
                remedy: "check the path and its permissions", cause: error)
        }
        let stores = names.filter { $0.hasSuffix(".sparse") }.sorted()
        guard !stores.isEmpty else {
            throw SparseStoreError(
                .notFound, problem: "the folder '\(folder)' has no shards",
                remedy: "name a folder that contains files such as '0.sparse'")
        }
        let numbers = stores.compactMap { name in
            Int(name.dropLast(7)).flatMap { $0 >= 0 && "\($0).sparse" == name ? $0 : nil }
        }
        guard let last = numbers.max(), last < Limits.maximumShards else {
            return stores.map { folder.appending($0) }
        }
        return (0...last).map { folder.appending("\($0).sparse") }
    }

    /// Returns the document with an identifier in the newest commits. See
    /// ``ShardedSnapshot/document(_:includingMultivector:)``.
    public func document(_ id: String, includingMultivector: Bool = false) throws -> Document? {
        try read { try $0.document(id, includingMultivector: includingMultivector) }
    }

    /// Returns the statistics of each open shard, in order.
    public func statistics() throws(SparseStoreError) -> [(path: FilePath, statistics: StoreStatistics)] {
        var all: [(path: FilePath, statistics: StoreStatistics)] = []
        for store in stores { all.append((store.path, try store.statistics())) }
        return all
    }

    /// Makes stores the shards of a new set. Each must contain only documents whose identifiers' hashes name it.
    package static func makeSet(of stores: [Store]) throws(SparseStoreError) {
        let set = StoreUUID.random()
        for (number, store) in stores.enumerated() {
            let record = ShardRecord(set: set, number: number, count: stores.count)
            try SparseStoreError.wrap {
                try store.write { try $0.setBookmark(ShardRecord.bookmark, to: record.bytes) }
            }
        }
    }

    /// Whether some shard cannot be written to while this is open, because the disk had no room for its lock file.
    package var keepsWritersOut: Bool { stores.contains(where: \.keepsWritersOut) }
}

/// The set that some shards belong to, according to their records.
struct ShardSet {
    /// Whether each identifier's shard follows from its hash.
    private(set) var isPlaced = false

    /// Orders shards by their numbers. New stores become a set.
    ///
    /// - Throws: `invalidArgument` for shards that do not belong together.
    init(
        _ shards: inout [(path: FilePath, store: Store?)], isComplete: Bool, canWrite: Bool
    ) throws(SparseStoreError) {
        var known: [StoreUUID: FilePath] = [:]
        var records: [ShardRecord?] = []
        var areNew = true
        for (path, store) in shards {
            guard let store else {
                records.append(nil)
                continue
            }
            if let other = known.updateValue(path, forKey: store.source.uuid) {
                throw SparseStoreError(
                    .invalidArgument, problem: "'\(other)' and '\(path)' are copies of one store",
                    remedy: "pass each shard once")
            }
            let (record, isEmpty) = try SparseStoreError.wrap {
                let snapshot = try store.source.snapshot()
                return (try snapshot.bookmark(ShardRecord.bookmark).flatMap(ShardRecord.init), snapshot.count == 0)
            }
            records.append(record)
            areNew = areNew && isEmpty && record == nil
        }
        let sets = Set(records.lazy.compactMap { $0?.set })
        if sets.isEmpty {
            guard isComplete, canWrite, areNew else { return }
            try ShardedStore.makeSet(of: shards.compactMap(\.store))
            isPlaced = true
            return
        }
        guard isComplete else { return }
        guard sets.count == 1, records.allSatisfy({ $0?.count == shards.count }),
            Set(records.map { $0?.number ?? 0 }).count == shards.count
        else { throw Self.misfit(shards.map(\.path), records) }
        let order = shards.indices.sorted { (records[$0]?.number ?? 0) < (records[$1]?.number ?? 0) }
        shards = order.map { shards[$0] }
        isPlaced = true
    }

    private static func misfit(_ paths: [FilePath], _ records: [ShardRecord?]) -> SparseStoreError {
        let parts = zip(paths, records).map { path, record in
            "'\(path)' is " + (record.map { "shard \($0.number) of \($0.count) of the set \($0.set)" } ?? "in no set")
        }
        return SparseStoreError(
            .invalidArgument,
            problem: "these stores are not one complete set of shards: "
                + "\(parts.joined(separator: ", "))",
            remedy: "pass every shard of one set exactly once")
    }
}

internal import SparseFormat
public import SystemPackage

/// A change that only some shards have committed.
public struct PartialWrite: Error, Sendable {
    /// The shards that have committed their part.
    public let committed: [FilePath]
    /// The other shards, with their errors. The change can be repeated; it is correct for all shards.
    public let failures: [ShardFailure]
}

extension PartialWrite: CustomStringConvertible {
    /// A message that names the shards that have not committed.
    public var description: String {
        "\(failures.count) of \(committed.count + failures.count) shards did not commit: "
            + failures.map(\.description).joined(separator: "; ")
    }
}

extension ShardedStore {
    /// Inserts or replaces documents, each in the shard that the hash of its identifier names.
    ///
    /// Each shard commits its own part in one transaction.
    ///
    /// - Parameter documents: The documents. If an identifier occurs twice, the last document counts.
    /// - Throws: The errors of ``WriteTransaction/upsert(_:)`` if no shard has committed; ``PartialWrite`` if some
    ///   have; `invalidArgument` if the shards do not form a set.
    public func upsert(_ documents: [Document]) throws {
        try requirePlaces()
        // All shards number terms in the same order, so each of them adds the products of a score in that order.
        let terms = documents.flatMap { document -> [String] in
            if case .terms(let terms) = document.content { terms.map(\.term) } else { [] }
        }
        let parts = Dictionary(grouping: documents) { ShardRecord.shard(of: $0.id, count: stores.count) }
        try write { number, store in
            let names = try store.read { snapshot in
                zip(try snapshot.terms(named: terms), terms).compactMap { term, name in term == nil ? name : nil }
            }
            let mine = parts[number] ?? []
            guard !mine.isEmpty || !names.isEmpty else { return false }
            try store.write { transaction in
                try transaction.reserve(terms: names.uniqued())
                for document in mine { try transaction.upsert(document) }
            }
            return true
        }
    }

    /// Removes documents.
    ///
    /// - Parameter ids: The identifiers. Unknown identifiers are ignored.
    /// - Returns: The number of removed documents.
    /// - Throws: The errors of a write if no shard has committed; ``PartialWrite`` if some have; `invalidArgument` if
    ///   the shards are not a set.
    @discardableResult
    public func remove(_ ids: [String]) throws -> Int {
        try requirePlaces()
        let parts = Dictionary(grouping: ids) { ShardRecord.shard(of: $0, count: stores.count) }
        var removed = 0
        try write { number, store in
            guard let mine = parts[number] else { return false }
            removed += try store.write { transaction in
                try mine.reduce(0) { try transaction.remove($1) ? $0 + 1 : $0 }
            }
            return true
        }
        return removed
    }

    /// Sets the encoder of every shard. See ``WriteTransaction/setEncoder(_:)``.
    public func setEncoder(_ encoder: EncoderDescription) throws {
        try write { _, store in
            try store.write { try $0.setEncoder(encoder) }
            return true
        }
    }

    private func requirePlaces() throws(SparseStoreError) {
        guard isPlaced else {
            throw SparseStoreError(
                .invalidArgument,
                problem: "these stores were not created as one set of shards, so a document has no "
                    + "shard",
                remedy: "make a set with 'sparsestore merge' and 'sparsestore split'")
        }
    }

    /// Changes the shards in their order.
    ///
    /// - Parameter change: Changes one shard. Returns false if the shard has nothing to change.
    private func write(_ change: (Int, Store) throws -> Bool) throws {
        var committed: [FilePath] = []
        for (number, store) in stores.enumerated() {
            do {
                if try change(number, store) { committed.append(store.path) }
            } catch let error as SparseStoreError {
                guard !committed.isEmpty else { throw error }
                throw PartialWrite(
                    committed: committed, failures: [ShardFailure(path: store.path, error: error)])
            }
        }
    }
}

extension [String] {
    /// Returns each text once, compared by bytes, in the order of first occurrence.
    fileprivate func uniqued() -> [String] {
        var seen = Set<TextKey>(minimumCapacity: count)
        return filter { seen.insert(TextKey($0)).inserted }
    }
}

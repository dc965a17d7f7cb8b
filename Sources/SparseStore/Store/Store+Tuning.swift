internal import LMDB
internal import SparseFormat

extension Store {
    /// Measures the recall of each planner effort on this store against exact results, and stores the measurements. The
    /// planner then meets recall targets from measured data. Repeat it when the store has grown a lot or its queries
    /// have changed.
    ///
    /// - Parameters:
    ///   - queries: A few hundred representative queries. If empty, queries are made from the documents.
    ///   - weighting: The weighting of those searches.
    ///   - seed: The seed for queries made from the documents. The same seed makes the same queries.
    ///   - progress: Called with the number of finished queries and their total. It may throw to stop.
    /// - Returns: The measured points. The array is empty, and nothing is stored, if there are no queries or too few
    ///   documents for a planned search to be cheaper than an exact one.
    @discardableResult
    public func tune(
        queries: [Query] = [], weighting: Weighting = .none, seed: UInt64 = 1,
        progress: (Int, Int) throws -> Void = { _, _ in }
    ) throws -> [TuningPoint] {
        let record: TuningRecord? = try SparseStoreError.translate {
            let snapshot = try source.snapshot()
            guard !queries.isEmpty || snapshot.count >= Planner.exactBelow else { return nil }
            let groups =
                queries.isEmpty
                ? try SampleQueries(index: snapshot.index).groups(count: 200, seed: seed)
                : [try queries.map { try snapshot.resolve($0, weighting) }]
            let tuner = Tuner(index: snapshot.index, groups: groups)
            func measure() throws -> [TuningRecord.Point] {
                do {
                    return try source.scratch.withScratch { try tuner.measure($0, progress) }
                } catch let damage as BlockDamage {
                    snapshot.noteDamage(damage)
                    return try measure()
                }
            }
            let points = try measure()
            return TuningRecord(
                generation: snapshot.generation, documents: UInt64(snapshot.count),
                queries: UInt32(groups.reduce(0) { $0 + $1.count }), points: points)
        }
        guard let record else { return [] }
        try SparseStoreError.wrap {
            try environment.write { transaction in
                try record.put(into: source.tables.meta, .meta, key: Keys.tuning, transaction.writer)
            }
        }
        return record.points.map(TuningPoint.init)
    }
}

/// The measured recall and cost of one effort.
public struct TuningPoint: Sendable, Hashable, Codable {
    /// The limit k of the searches.
    public let limit: Int
    /// The effort, nil for the exact search. 0 is the least effort; efforts from 16 use the block index, 16 being the
    /// least.
    public let effort: Int?
    /// The mean recall against exact results, minus its standard error.
    public let recall: Double
    /// The mean number of postings read. With the block index, the number of postings that cost as much as the data
    /// read.
    public let postings: Double
    /// The mean number of documents scored.
    public let documentsScored: Double

    init(_ point: TuningRecord.Point) {
        limit = Int(point.limit)
        effort = Effort.effort(numbered: point.effort)
        recall = Double(point.recall)
        postings = Double(point.postings)
        documentsScored = Double(point.scored)
    }
}

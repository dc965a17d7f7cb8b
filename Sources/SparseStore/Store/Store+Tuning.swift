internal import LMDB
internal import SparseFormat

extension Store {
    /// Measures, against exact answers, what each effort of the planner reaches on this store, and keeps the result: a
    /// recall target is then a promise with a number behind it. Worth repeating when the store has grown much or its
    /// queries have changed.
    ///
    /// - Parameters:
    ///   - queries: like those to come, some hundreds; empty to make some from the documents.
    ///   - weighting: what those searches will use.
    ///   - seed: of queries made from the documents; the same one makes the same queries.
    ///   - progress: called with queries done and in all; may throw to stop.
    /// - Returns: the measured points; none, and nothing kept, when there are neither queries nor so many documents that
    ///   a planned search could be cheaper than an exact one.
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

/// What one effort reached when it was measured.
public struct TuningPoint: Sendable, Hashable, Codable {
    /// k of the searches.
    public let limit: Int
    /// The effort, 0 the least; nil for the exact search. From 16 on those of the block index, 16 the least.
    public let effort: Int?
    /// Mean recall against the exact answers, less its standard error.
    public let recall: Double
    /// Mean postings read; with the block index, postings that cost as much as what was read.
    public let postings: Double
    /// Mean documents scored.
    public let documentsScored: Double

    init(_ point: TuningRecord.Point) {
        limit = Int(point.limit)
        effort = Effort.effort(numbered: point.effort)
        recall = Double(point.recall)
        postings = Double(point.postings)
        documentsScored = Double(point.scored)
    }
}

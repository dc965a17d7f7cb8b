internal import LMDB
internal import SparseFormat

/// Merges the segments of one store, a run at a time, without keeping its writers waiting for more than a short
/// transaction. One merge at a time over all threads and processes.
final class Merger: Sendable {
    /// What to merge for.
    enum Goal: Sendable {
        /// What the policy asks for.
        case policy
        /// As few segments as hold the documents.
        case fewest
    }

    enum Outcome: Sendable {
        case merged
        /// There is nothing to do.
        case idle
        /// Another process is merging.
        case busy
    }

    private let environment: Environment
    private let tables: Tables
    private let policy: MergePolicy
    private let pieces: MergePieces
    private let metrics: StoreMetrics?
    private let turn: ClaimTurn
    private let merges = Lock(0)

    init(
        _ environment: Environment, _ tables: Tables, _ policy: MergePolicy,
        pieces: MergePieces = MergePieces(), metrics: StoreMetrics? = nil,
        patience: Duration = ClaimWatch.patience
    ) {
        self.metrics = metrics
        turn = ClaimTurn(.merging, environment, tables, patience: patience)
        self.environment = environment
        self.tables = tables
        self.policy = policy
        self.pieces = pieces
    }

    /// Merges that this handle has finished.
    var mergesDone: Int { merges.withLock { $0 } }

    /// Segments of a manifest that are due to be merged.
    func segmentsDue(_ manifest: ManifestRecord) -> Int { policy.next(manifest.segments)?.count ?? 0 }

    /// One merge, or less if there is none to do. Throws what `checkpoint` throws, and then has changed nothing.
    func step(_ goal: Goal, _ checkpoint: MergeCheckpoint) throws -> Outcome {
        guard try isDue(goal) else { return .idle }
        let outcome = try turn.attempt {
            try reportWaiting(checkpoint)
        } begin: {
            try StagedMerge.begin(environment, tables, policy, pieces) { choose(goal, $0) }
        } perform: { merge in
            try StoreSpan.with("merge", store: metrics?.store ?? "") { span in
                try merge.stage(checkpoint)
                try merge.finish()
                span.set("bytes", merge.mergedBytes)
            }
            metrics?.mergedBeside(bytes: merge.mergedBytes)
        }
        switch outcome {
        case .nothing: return .idle
        case .busy: return .busy
        case .done:
            merges.withLock { $0 += 1 }
            return .merged
        }
    }

    /// Builds a block index over all segments of the newest commit; waits while another process merges. False when there is
    /// nothing to index. Throws what `checkpoint` throws, and then has changed nothing.
    func buildBlocks(_ settings: BlockSettings, _ checkpoint: MergeCheckpoint) throws -> Bool {
        while true {
            let outcome = try turn.attempt {
                try reportWaiting(checkpoint)
            } begin: {
                try StagedBlocks.begin(environment, tables, policy, pieces, settings)
            } perform: { blocks in
                guard try blocks.stage(checkpoint) else {
                    try blocks.claim.discard(environment, tables)
                    return false
                }
                try blocks.finish()
                return true
            }
            switch outcome {
            case .done(let isBuilt): return isBuilt
            case .nothing: return false
            case .busy: try turn.pause { try reportWaiting(checkpoint) }
            }
        }
    }

    /// Merges until nothing is left to do; waits while another process merges.
    ///
    /// - Parameter merged: called after each merge.
    func run(_ goal: Goal, _ checkpoint: MergeCheckpoint, merged: () throws -> Void) throws {
        while true {
            switch try step(goal, checkpoint) {
            case .idle: return
            case .merged: try merged()
            case .busy: try turn.pause { try reportWaiting(checkpoint) }
            }
        }
    }

    private func choose(_ goal: Goal, _ manifest: ManifestRecord) -> Range<Int>? {
        switch goal {
        case .policy: policy.next(manifest.segments)
        case .fewest: policy.reducible(manifest.segments, profile: manifest.profile)
        }
    }

    private func isDue(_ goal: Goal) throws -> Bool {
        let transaction = try environment.beginRead()
        let meta = MetaTable(tables: tables, reader: transaction.reader)
        return try choose(goal, meta.manifest()) != nil || meta.merge() != nil
    }

    private func reportWaiting(_ checkpoint: MergeCheckpoint) throws {
        try checkpoint(MaintenanceProgress(step: .waiting, documentsRead: 0, documents: 0))
    }
}

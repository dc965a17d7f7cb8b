internal import LMDB
internal import SparseFormat

/// Merges the segments of one store, one run at a time. Writers wait for at most a short transaction. Only one merge
/// runs at a time across all threads and processes.
final class Merger: Sendable {
    /// The goal of merging.
    enum Goal: Sendable {
        /// Runs the merges that the policy calls for.
        case policy
        /// Merges into as few segments as possible.
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

    /// The number of merges that this handle has finished.
    var mergesDone: Int { merges.withLock { $0 } }

    /// Returns the number of segments that are due for merging.
    func segmentsDue(_ manifest: ManifestRecord) -> Int { policy.next(manifest.segments)?.count ?? 0 }

    /// Runs one merge if one is due. Rethrows the errors of `checkpoint`, with nothing changed.
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

    /// Builds a block index over all segments of the newest commit, and waits while another process merges. Returns
    /// false if there is nothing to index. Rethrows the errors of `checkpoint`, with nothing changed.
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

    /// Merges until there is nothing left to do, and waits while another process merges.
    ///
    /// - Parameter merged: Called after each merge.
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

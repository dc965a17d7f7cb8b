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
    private let patience: Duration
    private let watch = Lock(MergeWatch())
    /// Whether a thread of this process merges.
    private let isTaken = Monitor(false)
    private let merges = Lock(0)

    init(
        _ environment: Environment, _ tables: Tables, _ policy: MergePolicy,
        pieces: MergePieces = MergePieces(), metrics: StoreMetrics? = nil,
        patience: Duration = MergeWatch.patience
    ) {
        self.metrics = metrics
        self.patience = patience
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
        try takeTurn(checkpoint)
        defer { isTaken.withLock { $0 = false } }
        guard try isDue(goal) else { return .idle }
        guard try clearTheWay() else { return .busy }
        do {
            guard var merge = try StagedMerge.begin(environment, tables, policy, pieces, choose: { choose(goal, $0) })
            else { return .idle }
            do {
                try merge.stage(checkpoint)
                try merge.finish()
                metrics?.mergedBeside(bytes: merge.mergedBytes)
            } catch {
                // Should this fail too, the next merge finds the claim of this process and nobody behind it.
                _ = try? StagedMerge.discard(merge.record, environment, tables)
                throw error
            }
        } catch is StagedMerge.ClaimLost {
            return .busy
        }
        merges.withLock { $0 += 1 }
        return .merged
    }

    /// Builds a block index over all segments of the newest commit; waits while another process merges. False when there is
    /// nothing to index. Throws what `checkpoint` throws, and then has changed nothing.
    func buildBlocks(_ settings: BlockSettings, _ checkpoint: MergeCheckpoint) throws -> Bool {
        while true {
            do {
                try takeTurn(checkpoint)
                defer { isTaken.withLock { $0 = false } }
                if try clearTheWay() {
                    guard
                        var blocks = try StagedBlocks.begin(
                            environment, tables, policy, pieces, settings)
                    else {
                        return false
                    }
                    do {
                        guard try blocks.stage(checkpoint) else {
                            try StagedMerge.discard(blocks.record, environment, tables)
                            return false
                        }
                        try blocks.finish()
                        return true
                    } catch {
                        _ = try? StagedMerge.discard(blocks.record, environment, tables)
                        throw error
                    }
                }
            } catch is StagedMerge.ClaimLost {}
            try wait(checkpoint)
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
            case .busy: try wait(checkpoint)
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

    /// Collects what a dead merge has left, or one that stands still; false when a living process merges. The caller has
    /// the turn, so a claim of this process is nobody's.
    private func clearTheWay() throws -> Bool {
        let claim: (record: MergeRecord, stagedBytes: Int)? = try {
            let transaction = try environment.beginRead()
            let segments = SegmentTable(tables: tables, reader: transaction.reader)
            return try MetaTable(tables: tables, reader: transaction.reader).merge().map { record in
                (record, try record.staged.reduce(0) { try $0 + segments.bytes(of: $1) })
            }
        }()
        guard let (record, stagedBytes) = claim else { return true }
        if try record.process != Environment.processNumber && environment.holdsSlot(process: record.process),
            !watch.withLock({ $0.standsStill(record, stagedBytes: stagedBytes, for: patience) })
        {
            return false
        }
        return try StagedMerge.discard(record, environment, tables)
    }

    private func takeTurn(_ checkpoint: MergeCheckpoint) throws {
        func tryOnce(_ timeout: Duration) -> Bool {
            isTaken.withLock(waitingUpTo: timeout, until: { !$0 }) { isTaken, isFree in
                if isFree { isTaken = true }
                return isFree
            }
        }
        while !tryOnce(.milliseconds(20)) { try reportWaiting(checkpoint) }
    }

    private func wait(_ checkpoint: MergeCheckpoint) throws {
        isTaken.withLock(waitingUpTo: .milliseconds(20), until: { _ in false }) { _, _ in }
        try reportWaiting(checkpoint)
    }

    private func reportWaiting(_ checkpoint: MergeCheckpoint) throws {
        try checkpoint(MaintenanceProgress(step: .waiting, documentsRead: 0, documents: 0))
    }
}

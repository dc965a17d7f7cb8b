internal import LMDB
internal import Logging
internal import Platform
internal import SparseFormat

/// Merges the segments of one store, one run at a time. Writers wait for at most a short transaction. Only one merge
/// runs at a time across all threads and processes.
final class Merger: Sendable {
    /// The goal of merging.
    enum Goal: Sendable {
        /// Runs the merges that the policy calls for.
        case policy
        /// Merges into as few segments as possible, except some that stay unless too many of their documents are dead.
        case fewest(sparing: Set<UInt32>)
    }

    enum Outcome: Sendable {
        case merged
        /// There is nothing to do.
        case idle
        /// Another process is merging.
        case busy
    }

    private let file: StoreFile
    private let policy: MergePolicy
    private let pieces: MergePieces
    private let metrics: StoreMetrics?
    private let turn: ClaimTurn
    private let merges = Lock(0)

    init(
        _ file: StoreFile, _ policy: MergePolicy,
        pieces: MergePieces = MergePieces(), metrics: StoreMetrics? = nil,
        patience: Duration = ClaimWatch.patience
    ) {
        self.metrics = metrics
        turn = ClaimTurn(.merging, file, patience: patience)
        self.file = file
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
            try StagedMerge.begin(file, policy, pieces) { choose(goal, $0) }
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
    ///
    /// - Parameter mayExtend: Whether to extend the block index that there is, if that is possible and better.
    func buildBlocks(
        _ settings: BlockSettings, mayExtend: Bool = false, _ checkpoint: MergeCheckpoint
    ) throws -> Bool {
        var mayExtend = mayExtend
        while true {
            do {
                let outcome = try turn.attempt {
                    try reportWaiting(checkpoint)
                } begin: {
                    try StagedBlocks.begin(
                        file, policy: policy, pieces: pieces, settings: settings, mayExtend: mayExtend)
                } perform: { blocks in
                    guard try blocks.stage(checkpoint) else {
                        try blocks.claim.discard(file)
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
            } catch is ExtendedBlocks.Unusable {
                mayExtend = false
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
        case .fewest(let spared):
            policy.reducible(manifest.segments, profile: manifest.profile, sparing: spared)
        }
    }

    private func isDue(_ goal: Goal) throws -> Bool {
        try file.read { try choose(goal, $0.meta.manifest()) != nil || $0.meta.merge() != nil }
    }

    private func reportWaiting(_ checkpoint: MergeCheckpoint) throws {
        try checkpoint(MaintenanceProgress(step: .waiting, documentsRead: 0, documents: 0))
    }
}

/// The limits of one transaction of a merge.
package struct MergePieces: Sendable {
    /// The number of bytes to write at once, which bounds the time that another writer waits.
    package var bytesWritten = 4 << 20
    /// The number of documents to read at once, which bounds the time that freed pages cannot be reused.
    package var documentsRead = 1_024
    /// The number of terms whose lists in a block index are built at once, unless there are so many terms that a share of
    /// them is more.
    package var listsBuilt = 512

    package init() {}

    package init(bytesWritten: Int, documentsRead: Int) {
        self.bytesWritten = bytesWritten
        self.documentsRead = documentsRead
    }
}

/// Runs the merges that the policy of one store calls for, in turns on a thread that other stores may share.
///
/// | state    | condition     | the thread                                                           |
/// |----------|---------------|----------------------------------------------------------------------|
/// | resting  | has no turn   | waits for a commit, or serves another store                          |
/// | merging  | takes a turn  | merges once, then queues another turn after those of other stores    |
/// | pausing  | turn is later | serves others, because another process merges here or a merge failed |
/// | stopping | `isStopping`  | aborts within a few milliseconds                                     |
final class BackgroundMerging: Sendable {
    private struct State {
        var isStopping = false
        var failure: String?
        /// The length of the last pause after a failure.
        var pause: Duration?
    }

    private struct Stopped: Error {}

    /// A request for another turn.
    struct Again {
        /// The earliest start of the turn; nil for as soon as the thread is free.
        var begin: ContinuousClock.Instant?
    }

    private let merger: Merger
    private let logger: Logger
    private let thread: MaintenanceThread
    private let isSharing: Bool
    private let state = Monitor(State())

    /// The pause when another process merges, and the first pause when a merge fails.
    private static let pause = Duration.seconds(1)
    private static let longestPause = Duration.seconds(300)

    /// - Parameter isSharing: Whether to use the thread shared by all stores of the process instead of a separate one.
    init(_ merger: Merger, _ logger: Logger, isSharing: Bool = false) {
        self.merger = merger
        self.logger = logger
        self.isSharing = isSharing
        thread = isSharing ? .shared : MaintenanceThread()
    }

    /// The reason why the last merge failed; nil once a merge has succeeded.
    var failure: String? { state.withLock { $0.failure } }

    var isStopping: Bool { state.withLock(\.isStopping) }

    /// Requests a turn after a commit, because there may be something to merge.
    func wake() {
        guard !isStopping else { return }
        do {
            try thread.addTurn(for: self)
        } catch {
            // The next commit tries again.
            let isNew = state.withLock { state in
                defer { state.failure = "\(error)" }
                return state.failure == nil
            }
            if isNew { logger.warning("cannot start a thread for background merging", metadata: ["error": "\(error)"]) }
        }
    }

    /// Stops taking turns. A merge in progress is undone.
    ///
    /// - Parameter isWaiting: Whether to wait for the thread. False for a caller that the thread may wait for.
    func stop(isWaiting: Bool) {
        state.withLock { $0.isStopping = true }
        if isSharing {
            thread.removeTurns(of: self, isWaiting: isWaiting)
        } else {
            thread.end(isWaiting: isWaiting)
        }
    }

    /// Merges once. Returns when to call it again; nil for after the next commit.
    func takeTurn() -> Again? {
        do {
            switch try merger.step(.policy, { _ in if isStopping { throw Stopped() } }) {
            case .merged:
                logger.debug("merged")
                return Again()
            case .idle:
                state.withLock { state in
                    state.failure = nil
                    state.pause = nil
                }
                return nil
            case .busy: return Again(begin: .now + Self.pause)
            }
        } catch is Stopped {
            return nil
        } catch {
            let pause = state.withLock { state in
                let next = min(Self.longestPause, (state.pause ?? Self.pause / 2) * 2)
                state.pause = next
                state.failure = "\(error)"
                return next
            }
            logger.warning(
                "a background merge failed and will be retried",
                metadata: ["error": "\(error)", "pause_seconds": "\(pause.inSeconds)"])
            return Again(begin: .now + pause)
        }
    }
}

/// The progress of a merge, or of building a block index. It is reported many times per second.
public struct MaintenanceProgress: Sendable, Hashable {
    /// The steps of a merge, in order.
    public enum Step: Sendable, Hashable {
        /// Waiting for another thread or process that is merging.
        case waiting
        /// Reading documents.
        case reading
        /// Building a window from the documents.
        case building
        /// Writing a piece of a window in a separate transaction.
        case writing
        /// Replacing the old segments with the new windows in one short transaction.
        case switching
    }

    /// The current step.
    public var step: Step
    /// The number of documents read so far.
    public var documentsRead: Int
    /// The number of live documents in the segments that are merged.
    public var documents: Int
    /// The number of block lists built so far; 0 during a merge. Building the lists takes most of the time of a block
    /// build.
    public var listsBuilt = 0
    /// The total number of block lists to build; 0 during a merge, and until all documents have been read.
    public var lists = 0
}

/// A function that is called at each step. If it throws, the merge is undone and nothing changes.
typealias MergeCheckpoint = (MaintenanceProgress) throws -> Void

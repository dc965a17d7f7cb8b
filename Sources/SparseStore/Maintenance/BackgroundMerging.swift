internal import LMDB
internal import Logging

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

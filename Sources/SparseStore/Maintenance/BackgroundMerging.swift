internal import LMDB
internal import Logging

/// Merges what the policy of one store asks for, in turns on a thread that it may share with other stores.
///
/// | state    | condition     | the thread                                                            |
/// |----------|---------------|-----------------------------------------------------------------------|
/// | resting  | has no turn   | waits for a commit, or serves another store                           |
/// | merging  | takes a turn  | merges once, then takes another turn behind those of other stores     |
/// | pausing  | turn is later | serves others meanwhile: another process merges here, or it failed    |
/// | stopping | `isStopping`  | leaves off within some milliseconds                                   |
final class BackgroundMerging: Sendable {
    private struct State {
        var isStopping = false
        var failure: String?
        /// How long it has left off after the last failure.
        var pause: Duration?
    }

    private struct Stopped: Error {}

    /// Another turn that it takes.
    struct Again {
        /// Not before; nil for when the thread is free.
        var begin: ContinuousClock.Instant?
    }

    private let merger: Merger
    private let logger: Logger
    private let thread: MaintenanceThread
    private let isSharing: Bool
    private let state = Monitor(State())

    /// How long to leave off when another process merges, and at first when a merge fails.
    private static let pause = Duration.seconds(1)
    private static let longestPause = Duration.seconds(300)

    /// - Parameter isSharing: on the thread that all stores of the process share; otherwise on one of its own.
    init(_ merger: Merger, _ logger: Logger, isSharing: Bool = false) {
        self.merger = merger
        self.logger = logger
        self.isSharing = isSharing
        thread = isSharing ? .shared : MaintenanceThread()
    }

    /// Why the last merge failed; nil once one has gone well.
    var failure: String? { state.withLock { $0.failure } }

    var isStopping: Bool { state.withLock(\.isStopping) }

    /// A commit was made: there may be something to merge.
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
            if isNew { logger.warning("merging in the background has no thread", metadata: ["error": "\(error)"]) }
        }
    }

    /// Takes no further turn. What it was merging is undone.
    ///
    /// - Parameter isWaiting: false for a caller that the thread may itself wait for.
    func stop(isWaiting: Bool) {
        state.withLock { $0.isStopping = true }
        if isSharing {
            thread.removeTurns(of: self, isWaiting: isWaiting)
        } else {
            thread.end(isWaiting: isWaiting)
        }
    }

    /// Merges once. Says when it has to be called again; nil for after the next commit.
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
                "a merge in the background failed and will be tried again",
                metadata: ["error": "\(error)", "pause_seconds": "\(pause.inSeconds)"])
            return Again(begin: .now + pause)
        }
    }
}

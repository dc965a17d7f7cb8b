internal import LMDB
internal import Logging

/// Merges what the policy asks for on a thread of its own, which begins with the first commit of the handle.
///
/// | state    | condition        | the thread                                             |
/// |----------|------------------|--------------------------------------------------------|
/// | unused   | `thread` nil     | there is none                                          |
/// | resting  | not `isWanted`   | waits for a commit                                     |
/// | merging  | `isWanted`       | merges until nothing is due                            |
/// | pausing  | `retryAfter` set | waits that long: another process merges, or it failed  |
/// | stopping | `isStopping`     | leaves off within some milliseconds, and ends          |
final class BackgroundMerging: Sendable {
    private struct State {
        var thread: WorkerThread?
        var isWanted = false
        var isStopping = false
        var failure: String?
    }

    private struct Stopped: Error {}

    private let merger: Merger
    private let logger: Logger
    private let state = Monitor(State())

    /// How long to leave off when another process merges, and at first when a merge fails.
    private static let pause = Duration.seconds(1)
    private static let longestPause = Duration.seconds(300)

    init(_ merger: Merger, _ logger: Logger) {
        self.merger = merger
        self.logger = logger
    }

    /// Why the last merge failed; nil once one has gone well.
    var failure: String? { state.withLock { $0.failure } }

    /// A commit was made: there may be something to merge.
    func wake() {
        state.withLock { state in
            guard !state.isStopping else { return }
            state.isWanted = true
            guard state.thread == nil else { return }
            do {
                state.thread = try WorkerThread { [self] in run() }
            } catch {
                // The next commit tries again.
                if state.failure == nil {
                    logger.warning("merging in the background has no thread", metadata: ["error": "\(error)"])
                }
                state.failure = "\(error)"
            }
        }
    }

    /// Ends the thread. What it was merging is undone.
    ///
    /// - Parameter isWaiting: false for a caller that the thread may itself wait for.
    func stop(isWaiting: Bool) {
        let thread = state.withLock { state in
            state.isStopping = true
            defer { if isWaiting { state.thread = nil } }
            return state.thread
        }
        if isWaiting { thread?.join() }
    }

    private func run() {
        var pause: Duration?
        while waitForWork(pausing: pause) {
            pause = work(after: pause)
        }
    }

    /// False when the thread shall end.
    private func waitForWork(pausing pause: Duration?) -> Bool {
        if let pause { state.withLock(waitingUpTo: pause, until: \.isStopping) { _, _ in } }
        return state.withLock(waitingUpTo: nil, until: { $0.isWanted || $0.isStopping }) { state, _ in
            state.isWanted = false
            return !state.isStopping
        }
    }

    /// Merges until nothing is due. Returns how long to leave off, nil for until the next commit.
    private func work(after pause: Duration?) -> Duration? {
        do {
            while true {
                switch try merger.step(.policy, { _ in if state.withLock(\.isStopping) { throw Stopped() } }) {
                case .merged: logger.debug("merged")
                case .idle:
                    state.withLock { $0.failure = nil }
                    return nil
                case .busy:
                    state.withLock { $0.isWanted = true }
                    return Self.pause
                }
            }
        } catch is Stopped {
            return nil
        } catch {
            let next = min(Self.longestPause, (pause ?? Self.pause / 2) * 2)
            logger.warning(
                "a merge in the background failed and will be tried again",
                metadata: ["error": "\(error)", "pause_seconds": "\(next.inSeconds)"])
            state.withLock { state in
                state.failure = "\(error)"
                state.isWanted = true
            }
            return next
        }
    }
}

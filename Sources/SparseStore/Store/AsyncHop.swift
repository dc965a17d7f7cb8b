internal import Dispatch
internal import LMDB

/// Takes blocking work off the threads that Swift's tasks share: a search may wait for the disk, and a few that wait
/// would hold up every task of the process.
enum AsyncHop {
    private static let queue = DispatchQueue(label: "sparsestore.blocking", attributes: .concurrent)

    /// Runs `body` on a thread where it may block.
    ///
    /// - Parameters:
    ///   - queue: nil for one where many run at a time.
    ///   - body: is told of the task's cancellation through its parameter, and stops where it asks.
    /// - Throws: what `body` throws; `cancelled`, at once, when the task is cancelled before `body` has begun.
    static func run<R: Sendable>(
        on queue: DispatchQueue? = nil, _ body: @escaping @Sendable (Cancellation) throws -> R
    ) async throws -> R {
        let cancellation = Cancellation()
        let trace = SpanContext()
        // Taken by whoever is first: the thread that begins `body`, or the cancellation of a task that still waits for one.
        let waiting = Lock<CheckedContinuation<R, any Error>?>(nil)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                waiting.withLock { $0 = continuation }
                (queue ?? Self.queue).async {
                    guard let continuation = waiting.withLock({ $0.take() }) else { return }
                    continuation.resume(
                        with: Result {
                            try cancellation.check()
                            return try trace.run { try body(cancellation) }
                        })
                }
                // The handler may have run before there was a continuation.
                if cancellation.isRaised {
                    waiting.withLock { $0.take() }?.resume(throwing: SparseStoreError.taskCancelled)
                }
            }
        } onCancel: {
            cancellation.raise()
            waiting.withLock { $0.take() }?.resume(throwing: SparseStoreError.taskCancelled)
        }
    }

    /// The same where no closure of a caller runs.
    static func wrap<R: Sendable>(
        _ body: @escaping @Sendable (Cancellation) throws -> R
    ) async throws(SparseStoreError) -> R {
        do {
            return try await run(body)
        } catch {
            return try SparseStoreError.wrap { throw error }
        }
    }
}

internal import Dispatch
internal import LMDB
internal import Platform

/// Moves blocking work off the threads that Swift tasks share. A search may wait for the disk, and a few waiting
/// searches would otherwise hold up every task of the process.
enum AsyncHop {
    private static let queue = DispatchQueue(label: "sparsestore.blocking", attributes: .concurrent)

    /// Runs `body` on a thread that may block.
    ///
    /// - Parameters:
    ///   - queue: The queue to run on, or nil for a concurrent one.
    ///   - body: The work. Its parameter reports the cancellation of the task; `body` stops where it checks it.
    /// - Throws: The errors of `body`; `cancelled`, immediately, when the task is canceled before `body` has begun.
    static func run<R: Sendable>(
        on queue: DispatchQueue? = nil, _ body: @escaping @Sendable (Cancellation) throws -> R
    ) async throws -> R {
        let cancellation = Cancellation()
        let trace = SpanContext()
        // Taken by the thread that begins `body`, or by the cancellation of a task that still waits for a thread.
        let waiting = Lock<CheckedContinuation<R, any Error>?>(nil)
        // If a continuation is resumed before its task waits for it, Swift's runtime does not tell the thread sanitizer
        // that the result was written before. Both threads take the lock, which tells it.
        defer { waiting.withLock { _ in } }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                waiting.withLock { $0 = continuation }
                (queue ?? Self.queue).async {
                    guard let continuation = waiting.withLock({ $0.take() }) else { return }
                    let result = Result {
                        try cancellation.check()
                        return try trace.run { try body(cancellation) }
                    }
                    waiting.withLock { _ in }
                    continuation.resume(with: result)
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

    /// Runs `body` like `run`, with typed errors. For calls that run no closure of the caller.
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

/// Keeps the first of several racing outcomes and drops the others.
final class FirstOutcome<Value: Sendable>: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Value, any Error>)
        case settled(Result<Value, any Error>)
        case delivered
    }

    private let state = Lock<State>(.open)

    /// Settles the race unless it is already settled.
    func settle(_ outcome: Result<Value, any Error>) {
        let waiting: CheckedContinuation<Value, any Error>? = state.withLock { state in
            switch state {
            case .open:
                state = .settled(outcome)
                return nil
            case .awaited(let continuation):
                state = .delivered
                return continuation
            case .settled, .delivered: return nil
            }
        }
        waiting?.resume(with: outcome)
    }

    /// Waits for the outcome. Call it only once.
    func value() async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let decided: Result<Value, any Error>? = state.withLock { state in
                guard case .settled(let outcome) = state else {
                    state = .awaited(continuation)
                    return nil
                }
                state = .delivered
                return outcome
            }
            if let decided { continuation.resume(with: decided) }
        }
    }
}

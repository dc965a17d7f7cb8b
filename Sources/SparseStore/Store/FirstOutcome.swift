internal import LMDB

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

internal import LMDB

/// The first of several outcomes that race; the others are forgotten.
final class FirstOutcome<Value: Sendable>: Sendable {
    private enum State {
        case open
        case awaited(CheckedContinuation<Value, any Error>)
        case settled(Result<Value, any Error>)
        case delivered
    }

    private let state = Lock<State>(.open)

    /// Decides the race unless it is decided.
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

    /// The outcome, to be asked for once.
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

internal import Dispatch

/// Takes blocking work off the threads that Swift's tasks share: a search may wait for the disk, and a few that wait
/// would hold up every task of the process.
enum AsyncHop {
    private static let queue = DispatchQueue(label: "sparsestore.blocking", attributes: .concurrent)

    /// Runs `body` on a thread where it may block.
    ///
    /// - Parameters:
    ///   - queue: nil for one where many run at a time.
    ///   - body: is told of the task's cancellation through its parameter, and stops where it asks.
    /// - Throws: what `body` throws; `cancelled` when the task was cancelled before `body` began.
    static func run<R: Sendable>(
        on queue: DispatchQueue? = nil, _ body: @escaping @Sendable (Cancellation) throws -> R
    ) async throws -> R {
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                (queue ?? Self.queue).async {
                    continuation.resume(
                        with: Result {
                            try cancellation.check()
                            return try body(cancellation)
                        })
                }
            }
        } onCancel: {
            cancellation.raise()
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

internal import Dispatch
internal import LMDB

/// Takes blocking work off the threads that Swift's tasks share: a search may wait for the disk, and a few that wait
/// would hold up every task of the process.
enum AsyncHop {
    private static let queue = DispatchQueue(label: "sparsestore.blocking", attributes: .concurrent)

    /// Runs `body` on a thread where it may block.
    ///
    /// - Throws: what `body` throws; `cancelled` when the task was cancelled before `body` began. It is not stopped in
    ///   the middle.
    static func run<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
        let isCancelled = Lock(false)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                queue.async {
                    continuation.resume(
                        with: Result {
                            guard !isCancelled.withLock({ $0 }) else { throw SparseStoreError.taskCancelled }
                            return try body()
                        })
                }
            }
        } onCancel: {
            isCancelled.withLock { $0 = true }
        }
    }
}

extension SparseStoreError {
    /// The calling task was cancelled.
    static let taskCancelled = SparseStoreError(.cancelled, "the task was cancelled; nothing was changed")
}

internal import Synchronization

/// Raised once, when the task that waits for a blocking call is cancelled; asked by the call on its own thread.
final class Cancellation: Sendable {
    private let isRaised = Atomic(false)

    func raise() { isRaised.store(true, ordering: .relaxed) }

    /// - Throws: `cancelled` once it has been raised.
    func check() throws(SparseStoreError) {
        guard !isRaised.load(ordering: .relaxed) else { throw .taskCancelled }
    }
}

extension SparseStoreError {
    /// The calling task was cancelled.
    static let taskCancelled = SparseStoreError(.cancelled, "the task was cancelled; nothing was changed")
}

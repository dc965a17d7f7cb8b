internal import Synchronization

/// Raised once, when the task that waits for a blocking call is cancelled; asked by the call on its own thread.
final class Cancellation: Sendable {
    private let flag = Atomic(false)

    var isRaised: Bool { flag.load(ordering: .relaxed) }

    func raise() { flag.store(true, ordering: .relaxed) }

    /// - Throws: `cancelled` once it has been raised.
    func check() throws(SparseStoreError) {
        guard !isRaised else { throw .taskCancelled }
    }
}

extension SparseStoreError {
    /// The calling task was cancelled.
    static let taskCancelled = SparseStoreError(.cancelled, "the task was cancelled; nothing was changed")
}

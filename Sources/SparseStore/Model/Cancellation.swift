internal import Synchronization

/// A flag that is set when the task that awaits a blocking call is canceled. The call checks it on its own thread.
final class Cancellation: Sendable {
    private let flag = Atomic(false)

    var isRaised: Bool { flag.load(ordering: .relaxed) }

    func raise() { flag.store(true, ordering: .relaxed) }

    /// - Throws: `cancelled` once the flag is set.
    func check() throws(SparseStoreError) {
        guard !isRaised else { throw .taskCancelled }
    }
}

extension SparseStoreError {
    /// The error for a canceled calling task.
    static let taskCancelled = SparseStoreError(
        .cancelled, problem: "the task was canceled, and nothing was changed",
        remedy: "call again")
}

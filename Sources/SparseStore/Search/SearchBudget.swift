/// Determines when a search must stop early. It is checked before each window and each batch of scored documents.
/// Without a deadline and a task, a check costs two comparisons.
struct SearchBudget: Sendable {
    var deadline: ContinuousClock.Instant?
    var cancellation: Cancellation?

    /// A budget without limits.
    static let unlimited = SearchBudget()

    /// - Throws: `cancelled`, `deadlineExceeded`.
    func check() throws(SparseStoreError) {
        try cancellation?.check()
        if let deadline, ContinuousClock.now >= deadline {
            throw SparseStoreError(
                .deadlineExceeded,
                "the search did not finish before its deadline; allow more time, "
                    + "or request fewer hits or a lower recall"
            )
        }
    }
}

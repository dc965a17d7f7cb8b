/// When a search has to stop before it is done. Asked before each window and each batch of scored documents; without a
/// deadline and a task to be cancelled that is two comparisons.
struct SearchBudget: Sendable {
    var deadline: ContinuousClock.Instant?
    var cancellation: Cancellation?

    /// Never stops.
    static let unlimited = SearchBudget()

    /// - Throws: `cancelled`, `deadlineExceeded`.
    func check() throws(SparseStoreError) {
        try cancellation?.check()
        if let deadline, ContinuousClock.now >= deadline {
            throw SparseStoreError(
                .deadlineExceeded,
                "the search was not done by its deadline; give it more time, ask for fewer hits or a lower recall")
        }
    }
}

/// A second stage that has to wait for its scores: a model behind a network or on another device.
///
/// What the model needs is copied out of the snapshot first; while it is waited for, no snapshot is held.
public protocol AsyncReranker: Sendable {
    /// What the model needs to know of a candidate.
    associatedtype Input: Sendable

    /// What `explain` calls the stage.
    var name: String { get }

    /// Copies what the model needs. A candidate that is kept in it keeps the snapshot.
    func input(_ candidate: Candidate) throws -> Input

    /// Scores a batch: one finite score for each input, in their order.
    ///
    /// Runs at the same time as other batches. When the deadline passes or the search is cancelled, the task it runs in
    /// is cancelled.
    func scores(_ batch: [Input]) async throws -> [Float]
}

/// How an ``AsyncReranker`` is asked.
public struct BatchOptions: Sendable, Hashable {
    /// Candidates a batch, at least 1.
    public var size: Int
    /// Batches that are scored at the same time at the most, at least 1.
    public var concurrency: Int
    /// How long after the search was called the model is waited for at the most; nil for as long as it takes. The stages
    /// before it are not cut short.
    public var deadline: Duration?

    /// Batches of sixteen, four at a time, and no deadline.
    public init(size: Int = 16, concurrency: Int = 4, deadline: Duration? = nil) {
        self.size = size
        self.concurrency = concurrency
        self.deadline = deadline
    }

    /// - Throws: `invalidArgument`.
    func check() throws(SparseStoreError) {
        guard size >= 1, concurrency >= 1 else {
            throw SparseStoreError(
                .invalidArgument,
                "batches of \(size) candidates, \(concurrency) at a time; give at least 1 of each")
        }
    }
}

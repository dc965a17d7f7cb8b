/// A reranker with asynchronous scores, such as a model on a server or on another device.
///
/// The inputs of the model are copied out of the snapshot first. No snapshot is held while the model runs.
public protocol AsyncReranker: Sendable {
    /// The data that the model needs about a candidate.
    associatedtype Input: Sendable

    /// The name of the stage in `explain`.
    var name: String { get }

    /// Copies the data that the model needs. An input that keeps the candidate also keeps the snapshot.
    func input(_ candidate: Candidate) throws -> Input

    /// Scores a batch. Returns one finite score for each input, in order.
    ///
    /// Several batches may run concurrently. If the deadline passes or the search is canceled, the task of the call is
    /// canceled.
    func scores(_ batch: [Input]) async throws -> [Float]
}

/// The batching and the deadline of calls to an ``AsyncReranker``.
public struct BatchOptions: Sendable, Hashable {
    /// The number of candidates in a batch, at least 1.
    public var size: Int
    /// The maximum number of concurrent batches, at least 1.
    public var concurrency: Int
    /// The maximum time from the start of the search to the scores of the model; nil for no limit. Earlier stages are
    /// not interrupted.
    public var deadline: Duration?

    /// Creates options. By default, four batches of sixteen run at a time, without a deadline.
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
                "the batch size is \(size) and the concurrency is \(concurrency); use at least 1 for each")
        }
    }
}

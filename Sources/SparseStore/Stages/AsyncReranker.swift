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
                .invalidArgument, problem: "the batch size is \(size) and the concurrency is \(concurrency)",
                remedy: "use at least 1 for each")
        }
    }
}

extension AsyncReranker {
    /// Scores all inputs in batches, and returns the scores in the order of the inputs.
    ///
    /// - Throws: The errors of the model; `invalidArgument` if it returns the wrong number of scores or a score that is
    ///   not finite.
    func scores(_ inputs: [Input], _ options: BatchOptions) async throws -> [Float] {
        var starts = stride(from: 0, to: inputs.count, by: options.size).makeIterator()
        return try await withThrowingTaskGroup(of: (start: Int, scores: [Float]).self) { group in
            func addBatch() {
                guard let start = starts.next() else { return }
                let batch = Array(inputs[start...].prefix(options.size))
                group.addTask { (start, try await checked(batch)) }
            }
            for _ in 0..<min(options.concurrency, inputs.count) { addBatch() }
            var all = [Float](repeating: 0, count: inputs.count)
            while let (start, scores) = try await group.next() {
                all.replaceSubrange(start..<start + scores.count, with: scores)
                addBatch()
            }
            return all
        }
    }

    private func checked(_ batch: [Input]) async throws -> [Float] {
        let scores = try await scores(batch)
        guard scores.count == batch.count else {
            throw SparseStoreError(
                .invalidArgument,
                problem: "the reranker returned \(scores.count) scores for \(batch.count) "
                    + "candidates",
                remedy: "return one score per candidate")
        }
        guard scores.allSatisfy(\.isFinite) else {
            throw SparseStoreError(
                .invalidArgument, problem: "the reranker returned a score that is not finite",
                remedy: "return finite scores")
        }
        return scores
    }
}

/// An ``AsyncReranker`` made from two closures.
public struct ModelReranker<Input: Sendable>: AsyncReranker {
    /// The name of the stage in `explain`.
    public let name: String
    private let copy: @Sendable (Candidate) throws -> Input
    private let model: @Sendable ([Input]) async throws -> [Float]

    /// Creates a reranker.
    ///
    /// - Parameters:
    ///   - name: The name of the stage in `explain`.
    ///   - copying: Copies the data that the model needs about a candidate, such as its payload.
    ///   - model: Returns one finite score for each input, in order.
    public init(
        _ name: String = "model", copying: @escaping @Sendable (Candidate) throws -> Input,
        model: @escaping @Sendable ([Input]) async throws -> [Float]
    ) {
        self.name = name
        copy = copying
        self.model = model
    }

    /// Copies the data that the model needs.
    public func input(_ candidate: Candidate) throws -> Input { try copy(candidate) }
    /// Calls the model.
    public func scores(_ batch: [Input]) async throws -> [Float] { try await model(batch) }
}

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

/// An ``AsyncReranker`` made of two closures.
public struct ModelReranker<Input: Sendable>: AsyncReranker {
    /// What `explain` calls the stage.
    public let name: String
    private let copy: @Sendable (Candidate) throws -> Input
    private let model: @Sendable ([Input]) async throws -> [Float]

    /// Makes a reranker.
    ///
    /// - Parameters:
    ///   - name: what `explain` calls the stage.
    ///   - copying: copies what the model needs of a candidate, such as its payload.
    ///   - model: one finite score for each input, in their order.
    public init(
        _ name: String = "model", copying: @escaping @Sendable (Candidate) throws -> Input,
        model: @escaping @Sendable ([Input]) async throws -> [Float]
    ) {
        self.name = name
        copy = copying
        self.model = model
    }

    /// Copies what the model needs.
    public func input(_ candidate: Candidate) throws -> Input { try copy(candidate) }
    /// Asks the model.
    public func scores(_ batch: [Input]) async throws -> [Float] { try await model(batch) }
}

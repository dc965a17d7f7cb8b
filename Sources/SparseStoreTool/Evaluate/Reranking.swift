internal import SparseStore

/// Reranking with the token vectors of a file's queries.
struct Reranking: Sendable {
    /// The token vectors of each query, by its index in the file; nil for a query that has none, which is an error when
    /// that query runs.
    let multivectors: [Multivector?]
    let candidates: Int
    let alpha: Float?
    let beta: Int?

    func stage(for id: String, at place: Int) throws -> SearchStage {
        guard multivectors.indices.contains(place), let multivector = multivectors[place] else {
            throw CommandFailure(
                .invalidInput, "query '\(id)' has no token vectors; add them, or use --query-multivectors")
        }
        return .rerank(.maxSim(multivector, alpha: alpha, beta: beta), candidates: candidates)
    }
}

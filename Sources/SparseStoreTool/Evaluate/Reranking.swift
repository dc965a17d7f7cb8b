internal import SparseStore

/// Reranking with the token vectors of a file's queries.
struct Reranking: Sendable {
    /// By the query's place; nil for a query without, which is an error once it is asked.
    let multivectors: [Multivector?]
    let candidates: Int
    let alpha: Float?
    let beta: Int?

    func stage(for id: String, at place: Int) throws -> SearchStage {
        guard multivectors.indices.contains(place), let multivector = multivectors[place] else {
            throw CommandFailure(
                .invalidInput, "query '\(id)' has no token vectors; give them with --query-multivectors")
        }
        return .rerank(.maxSim(multivector, alpha: alpha, beta: beta), candidates: candidates)
    }
}

internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// A second stage of `search` and `eval`.
struct RerankOptions: ParsableArguments {
    /// Who reranks.
    enum Method: String, ExpressibleByArgument, CaseIterable {
        case maxsim
    }

    @Option(help: "Rank the candidates anew: 'maxsim', by the token vectors of query and documents.")
    var rerank: Method?

    @Option(
        help: """
            Token vectors of the queries, in the order of the file of queries: a NumPy array as for 'load'. By default \
            the queries' field 'multivector'.
            """)
    var queryMultivectors: String?

    @Option(help: "The row at which each query's token vectors begin; without, all rows belong to one query.")
    var queryOffsets: String?

    @Option(help: "How many documents of the first stage are candidates.")
    var candidates = 50

    @Option(
        help: """
            Candidate pruning: leave out candidates that scored less than 1 - alpha times the last of the first LIMIT.
            """)
    var alpha: Float?

    @Option(help: "Early exit: stop after so many candidates in a row that have not come among the best LIMIT.")
    var beta: Int?

    func validate() throws {
        if rerank == nil, queryMultivectors != nil || alpha != nil || beta != nil {
            throw ValidationError("--query-multivectors, --alpha and --beta need --rerank maxsim")
        }
        if queryOffsets != nil, queryMultivectors == nil {
            throw ValidationError("--query-offsets belongs to --query-multivectors")
        }
        guard (1...Limits.maximumResults).contains(candidates) else {
            throw ValidationError("--candidates is to be 1 to \(Limits.maximumResults), not \(candidates)")
        }
        if let alpha, !(0...1).contains(alpha) { throw ValidationError("--alpha is to be 0 to 1, not \(alpha)") }
        if let beta, beta < 1 { throw ValidationError("--beta is to be 1 or more, not \(beta)") }
    }

    /// The stages for each of the queries; nil without a second stage.
    func stages(for queries: [QueryRecord]) throws -> [[SearchStage]]? {
        guard rerank != nil else { return nil }
        let file = try queryMultivectors.map { try MultivectorFile(tokens: $0, offsets: queryOffsets) }
        if let file, file.count != queries.count {
            throw CommandFailure(
                .invalidInput,
                "'\(file.name)' has token vectors for \(file.count) queries, and there are \(queries.count); "
                    + "give the files that belong together")
        }
        return try queries.enumerated().map { index, query in
            guard let multivector = try file.map({ try Self.multivector($0, index, query.id) }) ?? query.multivector
            else {
                throw CommandFailure(
                    .invalidInput, "query '\(query.id)' has no token vectors; give them with --query-multivectors")
            }
            return [stage(multivector)]
        }
    }

    /// The stages for one query of a file.
    /// - Parameter index: its place in the file; nil when it stands alone.
    func stages(for query: QueryRecord, at index: Int?) throws -> [SearchStage] {
        guard rerank != nil else { return [] }
        guard let queryMultivectors else {
            return try stages(for: [query])?.first ?? []
        }
        let file = try MultivectorFile(tokens: queryMultivectors, offsets: queryOffsets)
        let place = queryOffsets == nil ? 0 : index
        guard let place else {
            throw CommandFailure(
                .invalidInput, "leave out --query-offsets, and give the token vectors of this query alone")
        }
        return [stage(try Self.multivector(file, place, query.id))]
    }

    private func stage(_ multivector: Multivector) -> SearchStage {
        .rerank(.maxSim(multivector, alpha: alpha, beta: beta), candidates: candidates)
    }

    private static func multivector(_ file: MultivectorFile, _ index: Int, _ id: String) throws -> Multivector {
        switch try file.entry(index) {
        case .multivector(let multivector): return multivector
        case .empty: throw CommandFailure(.invalidInput, "query '\(id)' has no token vectors in '\(file.name)'")
        case .reject(let reason):
            throw CommandFailure(.invalidInput, "the token vectors of query '\(id)' in '\(file.name)': \(reason)")
        }
    }
}

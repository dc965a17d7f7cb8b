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

    @Option(help: "How many documents --rerank, --boost and --diversity look at.")
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

    /// Reads the queries' token vectors; nil without a second stage.
    /// - Parameter chosen: the place of the only query that is asked; nil when all are.
    func read(for queries: [QueryRecord], chosen: Int?) throws -> Reranking? {
        guard rerank != nil else { return nil }
        var multivectors = queries.map(\.multivector)
        if let queryMultivectors {
            let file = try MultivectorFile(tokens: queryMultivectors, offsets: queryOffsets)
            let places = chosen.map { $0..<$0 + 1 } ?? 0..<queries.count
            guard file.count == (queryOffsets == nil ? places.count : queries.count) else {
                throw CommandFailure(
                    .invalidInput,
                    "'\(file.name)' has token vectors for \(file.count) queries, and there are \(queries.count); "
                        + "give the files that belong together")
            }
            for place in places {
                multivectors[place] = try Self.multivector(file, queryOffsets == nil ? 0 : place)
            }
        }
        return Reranking(multivectors: multivectors, candidates: candidates, alpha: alpha, beta: beta)
    }

    private static func multivector(_ file: MultivectorFile, _ place: Int) throws -> Multivector? {
        switch try file.entry(place) {
        case .multivector(let multivector): return multivector
        case .empty: return nil
        case .reject(let reason):
            throw CommandFailure(
                .invalidInput, "the token vectors of query number \(place), from 0, in '\(file.name)': \(reason)")
        }
    }
}

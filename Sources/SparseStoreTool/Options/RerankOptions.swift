internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// The options of `search` and `eval` for reranking.
struct RerankOptions: ParsableArguments {
    /// The reranking method.
    enum Method: String, ExpressibleByArgument, CaseIterable {
        case maxsim
    }

    @Option(help: "Rerank the candidates: 'maxsim' uses the token vectors of the query and the documents.")
    var rerank: Method?

    @Option(
        help: """
            A file with the token vectors of the queries, in the order of the queries: a NumPy array as for 'load'. \
            (default: the field 'multivector' of each query)
            """)
    var queryMultivectors: String?

    @Option(help: "A NumPy array with the first row of each query's token vectors. (default: all rows are one query)")
    var queryOffsets: String?

    @Option(help: "How many documents --rerank, --boost and --diversity look at.")
    var candidates = 50

    @Option(
        help: """
            Candidate pruning: skip candidates whose first-stage score is below (1 - ALPHA) times the score at rank \
            LIMIT.
            """)
    var alpha: Float?

    @Option(help: "Early exit: stop after this many consecutive candidates that do not enter the top LIMIT.")
    var beta: Int?

    func validate() throws {
        if rerank == nil, queryMultivectors != nil || alpha != nil || beta != nil {
            throw ValidationError("--query-multivectors, --alpha and --beta need --rerank maxsim")
        }
        if queryOffsets != nil, queryMultivectors == nil {
            throw ValidationError("--query-offsets needs --query-multivectors")
        }
        guard (1...Limits.maximumResults).contains(candidates) else {
            throw ValidationError("--candidates must be between 1 and \(Limits.maximumResults), not \(candidates)")
        }
        if let alpha, !(0...1).contains(alpha) {
            throw ValidationError(
                "--alpha must be between 0 and 1, not \(alpha)")
        }
        if let beta, beta < 1 { throw ValidationError("--beta must be 1 or more, not \(beta)") }
    }

    /// Reads the token vectors of the queries. Returns nil if reranking was not requested.
    /// - Parameter chosen: The index of the only query that runs; nil if all run.
    func read(for queries: [QueryRecord], chosen: Int?) throws -> Reranking? {
        guard rerank != nil else { return nil }
        var multivectors = queries.map(\.multivector)
        if let queryMultivectors {
            let file = try MultivectorFile(tokens: queryMultivectors, offsets: queryOffsets)
            let places = chosen.map { $0..<$0 + 1 } ?? 0..<queries.count
            guard file.count == (queryOffsets == nil ? places.count : queries.count) else {
                throw CommandFailure(
                    .invalidInput,
                    "'\(file.name)' has token vectors for \(file.count) queries, but there are \(queries.count); "
                        + "use files with the same queries")
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
                .invalidInput, "'\(file.name)': the token vectors of query number \(place) (from 0): \(reason)")
        }
    }
}

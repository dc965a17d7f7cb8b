public import SystemPackage

/// The reason why one shard could not answer.
public struct ShardFailure: Error, Sendable {
    /// The path of the shard.
    public let path: FilePath
    /// The error of the shard.
    public let error: SparseStoreError

    /// Creates a failure.
    public init(path: FilePath, error: SparseStoreError) {
        self.path = path
        self.error = error
    }
}

extension ShardFailure: CustomStringConvertible {
    /// The path and the error.
    public var description: String { "\(problem); \(error.remedy)" }

    /// The problem, with the path once.
    var problem: String {
        let place = "'\(path)': "
        return "shard " + (error.problem.hasPrefix(place) ? "" : place) + error.problem
    }
}

/// An answer that lacks some shards. It is thrown so that it cannot be mistaken for a complete answer. Catch it to use
/// the part that is there.
///
///     do {
///         show(try store.search(query))
///     } catch let partial as PartialAnswer {
///         show(partial.result)
///         log(partial.failures)
///     }
public struct PartialAnswer: Error, Sendable {
    /// The answer of the other shards, with scores from the frequencies of these shards alone.
    public let result: SearchResult
    /// The missing shards with their errors.
    public let failures: [ShardFailure]
}

extension PartialAnswer: CustomStringConvertible {
    /// A message that names the missing shards.
    public var description: String {
        "the answer lacks \(failures.count) of the shards: " + failures.map(\.description).joined(separator: "; ")
    }
}

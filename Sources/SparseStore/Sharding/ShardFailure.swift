public import SystemPackage

/// What kept one shard from answering.
public struct ShardFailure: Error, Sendable {
    /// Where the shard lies.
    public let path: FilePath
    /// What was wrong.
    public let error: SparseStoreError

    /// Makes a failure.
    public init(path: FilePath, error: SparseStoreError) {
        self.path = path
        self.error = error
    }
}

extension ShardFailure: CustomStringConvertible {
    /// The path and what was wrong there.
    public var description: String { "shard '\(path)': \(error.message)" }
}

/// An answer that lacks some shards. It is thrown, so that nobody takes it for a whole one; who can use a part of an answer
/// catches it.
///
///     do {
///         show(try store.search(query))
///     } catch let partial as PartialAnswer {
///         show(partial.result)
///         log(partial.failures)
///     }
public struct PartialAnswer: Error, Sendable {
    /// What the other shards answer: their best documents, scored by the documents that could be counted.
    public let result: SearchResult
    /// The shards that are missing, and why.
    public let failures: [ShardFailure]
}

extension PartialAnswer: CustomStringConvertible {
    /// Names the shards that are missing.
    public var description: String {
        "the answer lacks \(failures.count) of the shards: " + failures.map(\.description).joined(separator: "; ")
    }
}

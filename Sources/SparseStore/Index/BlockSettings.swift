/// How a block index is built. The defaults are Seismic's best settings at about the bytes of its plain index, as in
/// Benchmarks/RESULTS.md.
public struct BlockSettings: Sendable, Hashable {
    /// Postings that are kept, for each term: so many times as there are terms, the largest weights of all.
    public var postingsPerTerm = 1_500
    /// No list has more than so many times as many.
    public var maximumFactor = 4.0
    /// The least that is kept of a list, if it has so many.
    public var leastPostings = 64
    /// Blocks of a list, as a share of its postings.
    public var blockShare = 0.15
    /// Documents of blocks with so few or fewer go to other blocks.
    public var smallestBlock = 3
    /// The share of the sum of a block's largest weights that its summary keeps.
    public var summaryShare = 0.4
    /// Of the documents that are a block's first: the same seed makes the same index.
    public var seed: UInt64 = 1

    /// The defaults.
    public init() {}

    /// Of a list.
    var mostPostings: Int { min(60_000, Int(maximumFactor * Double(postingsPerTerm))) }

    func check() throws(SparseStoreError) {
        guard (1...60_000).contains(postingsPerTerm), (1...64).contains(maximumFactor), leastPostings >= 0,
            blockShare > 0, blockShare <= 1, smallestBlock >= 0, summaryShare > 0, summaryShare <= 1
        else {
            throw SparseStoreError(
                .invalidArgument,
                "a block index keeps 1...60000 postings a term and at most 1...64 times as many of one, and its shares "
                    + "are above 0 and at most 1")
        }
    }
}

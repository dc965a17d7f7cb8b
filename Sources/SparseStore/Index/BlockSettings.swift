/// The settings for building a block index. The defaults are Seismic's best settings at about the size of its plain
/// index, as measured in Benchmarks/RESULTS.md.
public struct BlockSettings: Sendable, Hashable {
    /// The mean number of postings to keep per term. The index keeps this number times the number of terms, choosing
    /// the largest weights overall.
    public var postingsPerTerm = 1_500
    /// The maximum length of a list, as a multiple of ``postingsPerTerm``.
    public var maximumFactor = 4.0
    /// The minimum number of postings to keep in a list that has that many.
    public var leastPostings = 64
    /// The number of blocks in a list, as a share of its postings.
    public var blockShare = 0.15
    /// The size up to which a block is dissolved and its documents are moved to other blocks.
    public var smallestBlock = 3
    /// The share of the sum of a block's largest weights that its summary keeps.
    public var summaryShare = 0.4
    /// The seed for choosing the first document of each block. The same seed builds the same index.
    public var seed: UInt64 = 1

    /// Creates the default settings.
    public init() {}

    /// The maximum number of postings in a list.
    var mostPostings: Int { min(60_000, Int(maximumFactor * Double(postingsPerTerm))) }

    func check() throws(SparseStoreError) {
        guard (1...60_000).contains(postingsPerTerm), (1...64).contains(maximumFactor), leastPostings >= 0,
            blockShare > 0, blockShare <= 1, smallestBlock >= 0, summaryShare > 0, summaryShare <= 1
        else {
            throw SparseStoreError(
                .invalidArgument,
                "the settings of the block index are out of range; use 1...60000 postings per term, "
                    + "a maximum factor of 1...64, shares above 0 and at most 1, and no negative numbers")
        }
    }
}

public import SparseFormat

/// What a store holds and what it costs.
public struct StoreStatistics: Sendable, Hashable, Codable {
    /// Documents that can be found.
    public var documents: Int
    /// Distinct terms that some document has.
    public var terms: Int
    /// Components of all documents together.
    public var nonzeros: Int
    /// What segments to come are made for.
    public var profile: IndexProfile
    /// The segments of the index, oldest documents first.
    public var segments: [SegmentStatistics]
    /// The block index; nil without one.
    public var blocks: BlockStatistics?
    /// Size of the file.
    public var fileBytes: Int
    /// Bytes of the pages in use; the rest of the file is free pages that later commits use again.
    public var liveBytes: Int
    /// Bytes of free pages, and of old segments whose room new ones will take.
    public var freeBytes: Int
    /// Bytes of segments that stand for removed documents: their share of each segment. Merging frees them.
    public var deadBytes: Int
    /// Bytes that a merge in progress, or one that was interrupted, has written and nobody reads yet.
    public var stagedBytes: Int
    /// Segments that are due to be merged; 0 when merging has caught up.
    public var segmentsDue: Int
    /// Merges that this handle has done beside its commits.
    public var merges: Int
    /// Why the last merge in the background failed; nil if it did not.
    public var mergeFailure: String?
    /// The newest commit.
    public var generation: UInt64
    /// Bytes of documents and segments written since the store was made.
    public var bytesWritten: UInt64
    /// Bytes of segments written by merging since the store was made, which are part of `bytesWritten`.
    public var bytesMerged: UInt64
    /// Trained compression dictionaries.
    public var dictionaries: Int
    /// Token vectors; nil in a store that has never had any.
    public var multivectors: MultivectorStatistics?
    /// Read transactions that all processes hold.
    public var readers: Int
    /// The one that sees the oldest commit; nil without any. Pages freed since that commit cannot be used again yet.
    public var oldestReader: ReaderStatistics?
    /// Major and minor version of the format.
    public var format: String

    /// Bytes written for each byte that commits had to write: 1 before anything has merged.
    public var writeAmplification: Double {
        let committed = bytesWritten - min(bytesWritten, bytesMerged)
        return committed == 0 ? 1 : Double(bytesWritten) / Double(committed)
    }
}

/// A read transaction of any process.
public struct ReaderStatistics: Sendable, Hashable, Codable {
    /// Its process.
    public var process: Int
    /// The thread that began it, as the system names it, in hexadecimal.
    public var thread: String
    /// How many commits the store has had since the one it sees.
    public var commitsBehind: Int
}

/// The token vectors of a store.
public struct MultivectorStatistics: Sendable, Hashable, Codable {
    /// Documents that have some.
    public var documents: Int
    /// Token vectors of all of them.
    public var tokens: Int
    /// Components of a token vector.
    public var dimension: Int
    /// How new ones are kept.
    public var codec: MultivectorCodec
    /// Documents whose token vectors are still kept otherwise; ``Store/encodeMultivectors(as:seed:progress:)``
    /// goes on with them.
    public var outdated: Int
    /// Bytes of all of them, headers included.
    public var bytes: Int
    /// Bytes of one token vector, on average.
    public var bytesPerToken: Double { tokens == 0 ? 0 : Double(bytes) / Double(tokens) }
}

/// The block index of a store.
public struct BlockStatistics: Sendable, Hashable, Codable {
    /// Live documents that a search of it can find; the others of the store are in segments of their own.
    public var documents: Int
    /// Documents that it was built from, those removed or merged away since included.
    public var documentsBuilt: Int
    /// Distinct terms.
    public var terms: Int
    /// Bytes of all its parts.
    public var bytes: Int
}

/// One segment of the index.
public struct SegmentStatistics: Sendable, Hashable, Codable {
    /// The segment's number.
    public var id: UInt32
    /// `window` or `block`.
    public var kind: String
    /// What it was made for.
    public var profile: IndexProfile
    /// Documents it was built from.
    public var documents: Int
    /// How many of them were removed since.
    public var tombstones: Int
    /// Postings.
    public var nonzeros: Int
    /// Bytes.
    public var bytes: Int
}

/// The work of a search, in counts that do not depend on the speed of the machine.
public struct SearchCounters: Sendable, Hashable, Codable {
    /// The number of segments searched.
    public var segments = 0
    /// The number of posting lists read.
    public var lists = 0
    /// The number of postings read, including components of block summaries.
    public var postings = 0
    /// The number of lists of compact segments whose chunk had to be decoded.
    public var chunksDecoded = 0
    /// The number of lists of compact segments whose chunk was already decoded (``Configuration/listCacheSize``).
    public var chunksCached = 0
    /// The number of posting blocks visited.
    public var blocks = 0
    /// The number of posting blocks skipped because of their summary.
    public var blocksSkipped = 0
    /// The number of documents in visited blocks that were scored by their codes.
    public var documentsEstimated = 0
    /// The number of lines of 21 components that were read to score them.
    public var lines = 0
    /// The number of documents whose approximate score could qualify for the result.
    public var candidates = 0
    /// The number of documents scored in full precision from their stored vector.
    public var documentsScored = 0

    /// The number of segments whose posting lists were read.
    public var segmentsScanned = 0
    /// The number of segments in which every allowed document was scored, because the filter allows few.
    public var segmentsScored = 0
    /// The number of documents that the filter allows; 0 without a filter.
    public var filteredDocuments = 0

    /// Creates counters that are all zero.
    public init() {}

    /// Returns the costs of two searches together.
    static func + (a: SearchCounters, b: SearchCounters) -> SearchCounters {
        var sum = a
        sum.segments += b.segments
        sum.lists += b.lists
        sum.postings += b.postings
        sum.chunksDecoded += b.chunksDecoded
        sum.chunksCached += b.chunksCached
        sum.blocks += b.blocks
        sum.blocksSkipped += b.blocksSkipped
        sum.documentsEstimated += b.documentsEstimated
        sum.lines += b.lines
        sum.candidates += b.candidates
        sum.documentsScored += b.documentsScored
        sum.segmentsScanned += b.segmentsScanned
        sum.segmentsScored += b.segmentsScored
        sum.filteredDocuments += b.filteredDocuments
        return sum
    }

    /// Adds the costs of a second pass over the same segments, whose numbers are not counted twice.
    mutating func addSecondPass(_ other: SearchCounters) {
        let first = self
        self = first + other
        segments = max(first.segments, other.segments)
        segmentsScanned = max(first.segmentsScanned, other.segmentsScanned)
        segmentsScored = max(first.segmentsScored, other.segmentsScored)
        filteredDocuments = max(first.filteredDocuments, other.filteredDocuments)
    }
}

/// What a search touched: costs that do not depend on the machine's mood.
public struct SearchCounters: Sendable, Hashable, Codable {
    /// Segments looked into.
    public var segments = 0
    /// Posting lists read.
    public var lists = 0
    /// Postings read, and components of the summaries of posting blocks.
    public var postings = 0
    /// Chunks of posting lists that were decoded, of compact segments; counted again for each list.
    public var chunksDecoded = 0
    /// The same for chunks that were decoded already (``Configuration/listCacheSize``).
    public var chunksCached = 0
    /// Posting blocks visited.
    public var blocks = 0
    /// Posting blocks whose summary did not promise enough.
    public var blocksSkipped = 0
    /// Documents of visited blocks, scored by their codes.
    public var documentsEstimated = 0
    /// Lines of 21 components that were read for that.
    public var lines = 0
    /// Documents whose approximate score could reach the answer.
    public var candidates = 0
    /// Documents scored in full precision from their stored vector.
    public var documentsScored = 0

    /// Segments whose posting lists were read.
    public var segmentsScanned = 0
    /// Segments of which every document was scored that may be found, because a filter lets few through.
    public var segmentsScored = 0
    /// Documents that the filter lets through; 0 without a filter.
    public var filteredDocuments = 0

    /// All zero.
    public init() {}
}

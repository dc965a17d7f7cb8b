/// What the steps of a search cost, in nanoseconds of the machine of Benchmarks/RESULTS.md. Only their ratios matter.
enum ScanCost {
    /// Adding a posting to its accumulator; dense lists, eight at a time and where it matters only, are as good as free.
    private static let posting = 0.35
    /// One document's share of clearing and selecting from the accumulators.
    private static let accumulator = 0.25
    /// Finding a document's exact vector.
    private static let document = 140.0
    /// Comparing one of its components with the query.
    private static let component = 0.8
    /// Finding it in `documents` instead, proving its checksum and going through its gaps.
    private static let lookup = 1_000.0

    /// One document's share of what a scan of all windows costs whatever it reads.
    private static let scanned = 0.2
    /// Of a search of blocks: what it costs whatever it reads, a component of a summary, a block that is visited, a document
    /// of it, and a line of that.
    private static let blocks = 80_000.0
    private static let summary = 0.6
    private static let block = 40.0
    private static let estimated = 42.0
    private static let line = 38.0

    /// What a scan of the windows of so many documents costs whatever it reads.
    static func windows(documents: Int) -> Double { Double(documents) * scanned }

    /// How many postings cost as much as what a search has read, documents scored left out.
    static func postings(_ counters: SearchCounters) -> Double {
        guard counters.blocks > 0 else { return Double(counters.postings) }
        let blocks =
            blocks + Double(counters.postings) * summary + Double(counters.blocks) * block
            + Double(counters.documentsEstimated) * estimated + Double(counters.lines) * line
        return blocks / posting
    }

    /// A search that reads so many postings, dense lists counted whole, and scores so many documents of so many components.
    ///
    /// - Parameter lookups: the share of documents that are in compact segments.
    static func search(postings: Double, scored: Double, components: Double, lookups: Double) -> Double {
        postings * posting + scored * (document + component * components + lookup * lookups)
    }

    /// Whether so many documents of a window are scored rather than sought by a scan of so many postings.
    static func scoringIsCheaper(_ count: Int, postings: Int, _ segment: WindowSegment) -> Bool {
        let documents = Double(segment.documentCount)
        let components = Double(segment.directory.nonzeros) / documents
        return Double(count) * (document + component * components + (segment.isCompact ? lookup : 0))
            <= Double(postings) * posting + documents * accumulator
    }
}

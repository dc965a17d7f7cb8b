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

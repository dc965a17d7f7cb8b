/// What the steps of a search cost, in nanoseconds of the machine of Benchmarks/RESULTS.md. Only their ratios matter.
enum ScanCost {
    /// Adding a posting to its accumulator.
    static let posting = 0.5
    /// One document's share of clearing and selecting from the accumulators.
    static let accumulator = 0.25
    /// Finding a document's exact vector.
    static let document = 90.0
    /// Comparing one of its components with the query.
    static let component = 0.6

    /// Whether scoring so many documents of a window costs less than scanning it.
    static func scoringIsCheaper(_ count: Int, _ scan: WindowScan, _ segment: WindowSegment) -> Bool {
        let documents = Double(segment.documentCount)
        let components = Double(segment.directory.nonzeros) / documents
        let scoring = Double(count) * (document + component * components)
        return scoring <= Double(scan.postings) * posting + documents * accumulator
    }
}

/// The costs of the steps of a scan, in nanoseconds on the machine of Benchmarks/RESULTS.md. Only their ratios matter.
/// They decide how one window is searched; plans are chosen by the times that `tune` has measured.
enum ScanCost {
    /// Adding a posting to its accumulator. Dense lists cost almost nothing, because they are added eight at a time and
    /// only where needed.
    private static let posting = 0.35
    /// Clearing and selecting from the accumulators, per document.
    private static let accumulator = 0.25
    /// Finding a document's exact vector.
    private static let document = 140.0
    /// Comparing one component of the vector with the query.
    private static let component = 0.8
    /// Reading the vector from `documents` instead, verifying its checksum, and decoding its gaps.
    private static let lookup = 1_000.0

    /// Returns whether scoring `count` documents of a window is cheaper than scanning the given number of postings.
    static func scoringIsCheaper(_ count: Int, postings: Int, _ segment: WindowSegment) -> Bool {
        let documents = Double(segment.documentCount)
        let components = Double(segment.directory.nonzeros) / documents
        return Double(count) * (document + component * components + (segment.isCompact ? lookup : 0))
            <= Double(postings) * posting + documents * accumulator
    }
}

/// An optimization of searches. Each can be disabled separately: tests show that results stay the same, and
/// measurements show its effect.
enum Optimization: UInt16, CaseIterable, Sendable {
    /// Looks up the terms of a query in all windows at once. Each step prefetches what the next one reads.
    case termPrefetch
    /// Prefetches lists some distance ahead of the addition.
    case listPrefetch
    /// Prefetches exact vectors a few documents ahead of scoring.
    case recordPrefetch
    /// Requests all lists and records from the disk first, if the previous search waited for the disk.
    case readAhead
    /// Skips blocks whose largest sum is too small.
    case blockSkipping
    /// Uses the k-th largest block maximum as the bound for candidates from the first block on.
    case maximaBound
    /// Uses the same cut in all windows.
    case sharedCut
    /// Scores the best sums of a planned search exactly; without it, the sums are the scores.
    case rescoring
    /// Scores exact vectors through a table of the query's weights; without it, by merging.
    case weightTable

    /// Whether a planned search gives the same results without it. An exact search always does.
    var keepsPlannedAnswers: Bool { self != .sharedCut && self != .rescoring }
}

/// A set of optimizations for a search.
struct Optimizations: Sendable {
    private var bits: UInt16

    /// All optimizations, which is the default.
    static let all = Optimizations(bits: .max)

    func contains(_ one: Optimization) -> Bool { bits & 1 &<< one.rawValue != 0 }

    func without(_ one: Optimization) -> Optimizations { Optimizations(bits: bits & ~(1 &<< one.rawValue)) }
}

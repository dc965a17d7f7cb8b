/// An optimization of searches. Each can be disabled separately: tests show that results stay the same, and
/// measurements show its effect.
enum Optimisation: UInt16, CaseIterable, Sendable {
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
struct Optimisations: Sendable {
    private var bits: UInt16

    /// All optimizations, which is the default.
    static let all = Optimisations(bits: .max)

    func contains(_ one: Optimisation) -> Bool { bits & 1 &<< one.rawValue != 0 }

    func without(_ one: Optimisation) -> Optimisations { Optimisations(bits: bits & ~(1 &<< one.rawValue)) }
}

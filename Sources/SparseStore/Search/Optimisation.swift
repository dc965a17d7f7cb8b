/// An idea behind the speed of searches. Each can be left out alone: tests show that answers stay, measurements what it
/// brings.
enum Optimisation: UInt16, CaseIterable, Sendable {
    /// The terms of a query are looked up in all windows at once: each step asks for what the next one reads.
    case termPrefetch
    /// Lists are asked for some way ahead of what is being added.
    case listPrefetch
    /// Exact vectors are asked for some documents ahead of the one that is scored.
    case recordPrefetch
    /// A search whose predecessor waited for the disk asks it for all lists and records first.
    case readAhead
    /// Blocks whose largest sum is too small are not looked through.
    case blockSkipping
    /// The k-th largest of the blocks' maxima is a sum that candidates must reach from the first block on.
    case maximaBound
    /// What a plan leaves out is the same in all windows.
    case sharedCut
    /// The best sums of a planned search are scored exactly; without, the sums are the scores.
    case rescoring
    /// Exact vectors are scored through a table of the query's weights; without, by merging.
    case weightTable

    /// Whether a planned search gives the same answer without it. An exact one always does.
    var keepsPlannedAnswers: Bool { self != .sharedCut && self != .rescoring }
}

/// Those that a search uses.
struct Optimisations: Sendable {
    private var bits: UInt16

    /// As users search.
    static let all = Optimisations(bits: .max)

    func contains(_ one: Optimisation) -> Bool { bits & 1 &<< one.rawValue != 0 }

    func without(_ one: Optimisation) -> Optimisations { Optimisations(bits: bits & ~(1 &<< one.rawValue)) }
}

/// One of the measured ways to search that the planner chooses from.
enum Effort: Sendable, Hashable {
    /// Scans all windows, term by term.
    case windows(ScanPlan)
    /// Searches the block index, and scans the windows that it does not cover.
    case blocks(BlockPlan)

    /// All efforts: those of the windows in order of effort, then those of the blocks.
    static let ladder = ScanLadder.plans.map(windows) + BlockLadder.plans.map(blocks)

    /// Returns the number of an effort in a `tuning` record. Numbers of earlier ladders are ignored.
    static func number(of effort: Int) -> UInt8 {
        effort < ScanLadder.plans.count ? UInt8(16 + effort) : UInt8(64 + effort - ScanLadder.plans.count)
    }
    /// The number of the exact search in a `tuning` record.
    static let exactNumber: UInt8 = 255

    /// Returns the effort with a number; nil for the exact search and for numbers of another ladder.
    static func effort(numbered number: UInt8) -> Int? { ladder.indices.first { self.number(of: $0) == number } }

    var usesBlocks: Bool { if case .blocks = self { true } else { false } }

    func candidateCount(limit: Int) -> Int {
        switch self {
        case .windows(let plan): plan.candidateCount(limit: limit)
        case .blocks(let plan): plan.candidateCount(limit: limit)
        }
    }
}

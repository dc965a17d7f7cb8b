/// A way to search that is measured and chosen from.
enum Effort: Sendable, Hashable {
    /// All windows, term by term.
    case windows(ScanPlan)
    /// The block index, and windows that it does not cover.
    case blocks(BlockPlan)

    /// All of them: those of the windows by rising effort, then those of the blocks.
    static let ladder = ScanLadder.plans.map(windows) + BlockLadder.plans.map(blocks)

    /// The number of an effort of the ladder in a `tuning` record. Others belonged to earlier ladders and are passed over.
    static func number(of effort: Int) -> UInt8 {
        effort < ScanLadder.plans.count ? UInt8(16 + effort) : UInt8(64 + effort - ScanLadder.plans.count)
    }
    /// The number of the exact search there.
    static let exactNumber: UInt8 = 255

    /// The effort of a number; nil for the exact search, and for those of another ladder.
    static func effort(numbered number: UInt8) -> Int? { ladder.indices.first { self.number(of: $0) == number } }

    var usesBlocks: Bool { if case .blocks = self { true } else { false } }

    func candidateCount(limit: Int) -> Int {
        switch self {
        case .windows(let plan): plan.candidateCount(limit: limit)
        case .blocks(let plan): plan.candidateCount(limit: limit)
        }
    }
}

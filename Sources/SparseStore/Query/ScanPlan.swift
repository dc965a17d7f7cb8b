internal import SparseFormat

/// How much of each window a search reads.
struct ScanPlan: Sendable, Hashable, Codable {
    /// Levels of each list that are read, 1...`WindowLevels.count`.
    var levels: Int
    /// Share of the query's possible score, 0..<1: terms that together cannot bring more are left out.
    var dropped: Float
    /// A level is read when its mean code brings at least this share of the query's possible score.
    var floor: Float
    /// Documents rescored exactly, for each hit asked for.
    var candidatesPerHit: Float
    /// Documents rescored exactly beside those.
    var candidates: Int

    func candidateCount(limit: Int) -> Int { candidates + Int((candidatesPerHit * Float(limit)).rounded(.up)) }
}

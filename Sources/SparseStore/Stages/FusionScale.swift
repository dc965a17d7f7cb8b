/// Converts a document's score in one ranking to its value in a fusion.
struct FusionScale {
    private enum Kind {
        /// The sum of reciprocal ranks. `ranking` has scores and identifiers, best first.
        case reciprocalRank(constant: Double, ranking: [(score: Float, id: String)])
        /// (score - origin) / unit. A unit of 0 means that all scores are equal.
        case linear(origin: Double, unit: Double, equal: Double, missing: Double)
    }

    private let kind: Kind

    /// - Parameter ranking: Every document that the ranking scores, in any order.
    init(_ method: Fusion.Method, _ ranking: [(score: Float, id: String)]) {
        switch method {
        case .reciprocalRank(let constant):
            kind = .reciprocalRank(constant: constant, ranking: ranking.sorted(by: Self.precedes))
        case .weightedSum(.minMax, _):
            let lowest = Double(ranking.map(\.score).min() ?? 0)
            let highest = Double(ranking.map(\.score).max() ?? 0)
            kind = .linear(origin: lowest, unit: highest - lowest, equal: 1, missing: 0)
        case .weightedSum(.zScore, _):
            let scores = ranking.map { Double($0.score) }
            let count = Double(max(1, scores.count))
            let mean = scores.reduce(0, +) / count
            // Equal scores have a mean that is rounded: their deviation is made 0 here.
            let isEqual = scores.allSatisfy { $0 == scores.first }
            let deviation = isEqual ? 0 : (scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
            let lowest = deviation > 0 ? ((scores.min() ?? mean) - mean) / deviation : 0
            kind = .linear(origin: mean, unit: deviation, equal: 0, missing: min(lowest, -1))
        }
    }

    /// Returns the value of a document. Its score is nil if the ranking does not have it.
    func value(_ score: Float?, id: String) -> Double {
        switch kind {
        case .reciprocalRank(let constant, let ranking):
            guard let score else { return 0 }
            return 1 / (constant + 1 + Double(Self.rank(score, id, in: ranking)))
        case .linear(let origin, let unit, let equal, let missing):
            guard let score else { return missing }
            return unit > 0 ? (Double(score) - origin) / unit : equal
        }
    }

    private static func precedes(_ a: (score: Float, id: String), _ b: (score: Float, id: String)) -> Bool {
        HitRank.precedes(HitRank(score: a.score, id: a.id), HitRank(score: b.score, id: b.id))
    }

    /// Returns the number of documents of a ranking that come before a document, which may be in the ranking itself.
    private static func rank(_ score: Float, _ id: String, in ranking: [(score: Float, id: String)]) -> Int {
        var low = 0
        var high = ranking.count
        while low < high {
            let middle = (low + high) / 2
            if precedes(ranking[middle], (score, id)) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

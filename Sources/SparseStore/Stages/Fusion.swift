/// How two rankings of the same query become one.
public struct Fusion: Sendable, Hashable {
    /// What makes scores of different rankings comparable before they are added.
    public enum Normalization: Sendable, Hashable {
        /// (score - lowest) / (highest - lowest), within 0...1. Where all scores are equal each counts as 1. A document
        /// that a ranking does not have counts there as 0.
        case minMax
        /// (score - mean) / standard deviation. Where all scores are equal each counts as 0. A document that a ranking
        /// does not have counts there as its lowest, and as -1 at most.
        case zScore
    }

    enum Method: Sendable, Hashable {
        case reciprocalRank(constant: Double)
        case weightedSum(Normalization, weight: Double)
    }

    let method: Method

    /// The sum of 1 / (constant + rank), ranks from 1, over the rankings that have the document (Cormack, Clarke and
    /// Buettcher, "Reciprocal Rank Fusion", SIGIR 2009).
    ///
    /// - Parameter constant: at least 0; the paper's 60 suits most rankings.
    public static func reciprocalRank(constant: Double = 60) -> Fusion {
        Fusion(method: .reciprocalRank(constant: constant))
    }

    /// (1 - weight) x the first ranking's normalised score + weight x the second's.
    ///
    /// - Parameters:
    ///   - normalization: what makes the two rankings' scores comparable.
    ///   - weight: the second ranking's share, 0...1.
    public static func weightedSum(_ normalization: Normalization = .minMax, weight: Double = 0.5) -> Fusion {
        Fusion(method: .weightedSum(normalization, weight: weight))
    }

    /// - Throws: `invalidArgument` for a parameter outside its range.
    func check() throws(SparseStoreError) {
        switch method {
        case .reciprocalRank(let constant):
            guard constant.isFinite, constant >= 0 else {
                throw SparseStoreError(
                    .invalidArgument, "the constant of a rank fusion is \(constant); give a number of at least 0")
            }
        case .weightedSum(_, let weight):
            guard (0...1).contains(weight) else {
                throw SparseStoreError(
                    .invalidArgument, "the weight of a fusion is \(weight); it is a share from 0 to 1")
            }
        }
    }
}

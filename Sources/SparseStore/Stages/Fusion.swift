/// A method to combine two rankings of the same query.
public struct Fusion: Sendable, Hashable {
    /// A normalization that makes scores of different rankings comparable before they are added.
    public enum Normalization: Sendable, Hashable {
        /// (score - lowest) / (highest - lowest), within 0...1. If all scores are equal, each counts as 1. A document
        /// that a ranking lacks counts as 0.
        case minMax
        /// (score - mean) / standard deviation. If all scores are equal, each counts as 0. A document that a ranking
        /// lacks counts as the lowest normalized score, or -1 if that is lower.
        case zScore
    }

    enum Method: Sendable, Hashable {
        case reciprocalRank(constant: Double)
        case weightedSum(Normalization, weight: Double)
    }

    let method: Method

    /// Reciprocal rank fusion: the sum of 1 / (constant + rank), with ranks from 1, over the rankings that have the
    /// document (Cormack, Clarke and Buettcher, "Reciprocal Rank Fusion", SIGIR 2009).
    ///
    /// - Parameter constant: The constant, at least 0. The paper's 60 suits most rankings.
    public static func reciprocalRank(constant: Double = 60) -> Fusion {
        Fusion(method: .reciprocalRank(constant: constant))
    }

    /// Weighted sum: (1 - weight) x the first ranking's normalized score + weight x the second's.
    ///
    /// - Parameters:
    ///   - normalization: The normalization of the scores of both rankings.
    ///   - weight: The weight of the second ranking, 0...1.
    public static func weightedSum(_ normalization: Normalization = .minMax, weight: Double = 0.5) -> Fusion {
        Fusion(method: .weightedSum(normalization, weight: weight))
    }

    /// - Throws: `invalidArgument` for a parameter outside its range.
    func check() throws(SparseStoreError) {
        switch method {
        case .reciprocalRank(let constant):
            guard constant.isFinite, constant >= 0 else {
                throw SparseStoreError(
                    .invalidArgument, "the constant of a rank fusion is \(constant); use a number of at least 0")
            }
        case .weightedSum(_, let weight):
            guard (0...1).contains(weight) else {
                throw SparseStoreError(
                    .invalidArgument, "the weight of a fusion is \(weight); use a number from 0 to 1")
            }
        }
    }
}

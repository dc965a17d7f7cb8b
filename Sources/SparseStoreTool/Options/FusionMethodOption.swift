internal import ArgumentParser
internal import SparseStore

/// `--fuse-method`: how two rankings become one.
enum FusionMethodOption: String, ExpressibleByArgument, CaseIterable {
    case rrf, minmax, zscore

    /// - Parameter weight: the second ranking's share; reciprocal ranks have none.
    func fusion(weight: Double) -> Fusion {
        switch self {
        case .rrf: .reciprocalRank()
        case .minmax: .weightedSum(.minMax, weight: weight)
        case .zscore: .weightedSum(.zScore, weight: weight)
        }
    }
}

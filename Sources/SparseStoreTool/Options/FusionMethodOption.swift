internal import ArgumentParser
internal import SparseStore

/// The value of `--fuse-method`: how two rankings are combined.
enum FusionMethodOption: String, ExpressibleByArgument, CaseIterable {
    case rrf, minmax, zscore

    /// - Parameter weight: The weight of the second ranking; not used by reciprocal ranks.
    func fusion(weight: Double) -> Fusion {
        switch self {
        case .rrf: .reciprocalRank()
        case .minmax: .weightedSum(.minMax, weight: weight)
        case .zscore: .weightedSum(.zScore, weight: weight)
        }
    }
}

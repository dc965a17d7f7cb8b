internal import ArgumentParser
internal import SparseStore

/// The value of `--plain-seismic`: the number of lists to search, and the heap factor that a block must reach.
struct PlainSeismicOption: ExpressibleByArgument, CustomStringConvertible {
    let recall: Recall
    let description: String

    /// Parses `cut=8,heap=0.9`. Either part may be missing.
    init?(argument: String) {
        var cut = 8
        var heap = 0.9
        for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { return nil }
            switch pair[0] {
            case "cut":
                guard let number = Int(pair[1]), number >= 1 else { return nil }
                cut = number
            case "heap":
                guard let factor = Double(pair[1]), (0...1).contains(factor) else { return nil }
                heap = factor
            default: return nil
            }
        }
        recall = .plainSeismic(cut: cut, heapFactor: heap)
        description = "plain-seismic cut=\(cut),heap=\(heap)"
    }
}

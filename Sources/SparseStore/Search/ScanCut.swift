internal import SparseFormat

/// The parts of the index that a plan skips for one query. The cut is the same in all windows, so that sums are
/// comparable between windows of any size.
struct ScanCut {
    let plan: ScanPlan
    /// The number of levels to read of each query term's lists; 0 skips the term.
    let levels: [Int]

    init(_ plan: ScanPlan, _ terms: TermPlaces, _ index: IndexView) {
        self.plan = plan
        let sum = terms.most.reduce(0, +)
        let least = Self.least(terms.most, dropping: plan.dropped * sum)
        levels = terms.most.indices.map { number in
            guard terms.most[number] >= least, let fullest = terms.fullest[number] else { return 0 }
            return Self.levels(
                index.members[fullest.member].segment.directory, fullest.term, least: plan.floor * sum)
        }
    }

    /// Returns the smallest maximum contribution to keep, such that all smaller ones add up to less than `share`.
    private static func least(_ most: [Float], dropping share: Float) -> Float {
        guard share > 0 else { return 0 }
        var sum: Float = 0
        for most in most.sorted() {
            sum += most
            if sum > share { return most }
        }
        return 0
    }

    /// Returns the number of levels before the first whose mean contribution is too small.
    private static func levels(_ directory: WindowDirectory, _ term: TermPlaces.Term, least: Float) -> Int {
        for level in 0..<directory.levels {
            let average = directory.averageCode(at: term.position, level: level)
            if average > 0, Float(average) * (term.most / 255) < least { return level }
        }
        return directory.levels
    }
}

internal import SparseFormat

/// What a plan leaves out for one query. The same in all windows, so that the sums of their documents can be compared,
/// however large the windows are.
struct ScanCut {
    let plan: ScanPlan
    /// How many levels of its lists are read, for each term of the query; 0 for one that is left out.
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

    /// The least contribution a term must be able to make, so that all below it together stay under `share`.
    private static func least(_ most: [Float], dropping share: Float) -> Float {
        guard share > 0 else { return 0 }
        var sum: Float = 0
        for most in most.sorted() {
            sum += most
            if sum > share { return most }
        }
        return 0
    }

    /// The levels up to the first whose postings bring too little at the mean.
    private static func levels(_ directory: WindowDirectory, _ term: TermPlaces.Term, least: Float) -> Int {
        for level in 0..<directory.levels {
            let average = directory.averageCode(at: term.position, level: level)
            if average > 0, Float(average) * (term.most / 255) < least { return level }
        }
        return directory.levels
    }
}

internal import SparseFormat

/// Scores every document of one window term by term, in the manner of SINDI (Li et al., ICDE 2026), with 8-bit codes
/// and 16-bit accumulators, and proves bounds around each score.
///
/// A unit is what 1 in an accumulator is worth. Each posting adds floor(code x multiplier / 256) + 1 units, where
/// multiplier = ceil(256 x query weight x scale / unit): never less than code x scale x query weight, and less than 2
/// units more. The code itself is within half a scale of the weight (dense lists, whose codes are at least 1: within
/// one scale above it). So with T lists:
///
///     accumulator x unit + sum(query weight x scale) / 2  >=  score
///     (accumulator - 2 T) x unit - sum(query weight x scale)  <=  score
///
/// The unit is chosen so that no sum and no multiplier can pass 65,535.
struct WindowScan {
    private let lists: [List]
    private let unit: Float
    private let above: Float
    private let below: Float
    private let documents: Int
    let postings: Int

    private struct List {
        let list: WindowSegment.List
        let multiplier: UInt16
    }

    /// More lists than this leave too few of 65,535 units to each; the caller scans documents instead.
    static let maximumLists = 4_096
    /// What summing in Float may cost relative to the sum.
    private static let slack: Float = 1e-5

    /// Nil when no document of the segment has a term of the query.
    ///
    /// - Parameter query: at most `maximumLists` terms.
    init?(_ segment: WindowSegment, _ query: ResolvedQuery) throws {
        var found: [(list: WindowSegment.List, weight: Float)] = []
        found.reserveCapacity(query.terms.count)
        for (term, weight) in zip(query.terms, query.weights) {
            if let list = try segment.list(of: term) { found.append((list, weight)) }
        }
        guard !found.isEmpty else { return nil }
        let most = found.reduce(Float(0)) { $0 + $1.weight * $1.list.entry.maximum }
        // Each list may add 2 units more than its share; and a multiplier, at most 256/255 of the range, fits 16 bits.
        let unit = most / Float(65_024 - 2 * found.count)
        let coding = found.reduce(Float(0)) { $0 + $1.weight * $1.list.entry.maximum / 255 }
        lists = found.map { item in
            let exact = item.weight * (item.list.entry.maximum / 255) / unit * 256
            return List(list: item.list, multiplier: UInt16(min(65_535, exact.rounded(.up))))
        }
        self.unit = unit
        above = coding / 2 + most * Self.slack
        below = Float(2 * found.count) * unit + coding + most * Self.slack
        documents = segment.documentCount
        postings = found.reduce(0) { $0 + Int($1.list.entry.count) }
    }

    var listCount: Int { lists.count }

    /// Adds the documents that can be among the best to `candidates`; leaves the accumulators 0.
    func run(
        _ member: IndexView.Member, _ accumulators: UnsafeMutablePointer<UInt16>, into candidates: inout CandidateSet
    ) {
        for item in lists {
            switch item.list.entry.encoding {
            case .sparse: Accumulate.sparse(item.list, item.multiplier, accumulators)
            case .dense: Accumulate.dense(item.list, item.multiplier, documents, accumulators)
            }
        }
        collect(member, accumulators, into: &candidates)
        accumulators.update(repeating: 0, count: documents)
    }

    private func collect(
        _ member: IndexView.Member, _ accumulators: UnsafeMutablePointer<UInt16>, into candidates: inout CandidateSet
    ) {
        var least = units(reaching: candidates.threshold)
        Accumulate.forEach(atLeast: &least, accumulators, documents) { ordinal, value, least in
            guard member.isLive(ordinal) else { return }
            let sum = Float(value) * unit
            candidates.insert(
                Candidate(number: member.segment.number(at: ordinal), upper: sum + above, lower: sum - below))
            least = units(reaching: candidates.threshold)
        }
    }

    /// The least accumulator, at least 1, whose upper bound reaches a score.
    private func units(reaching score: Float) -> UInt16 {
        let units = ((score - above) / unit).rounded(.down)
        return units >= 65_535 ? 65_535 : units <= 1 ? 1 : UInt16(units)
    }
}

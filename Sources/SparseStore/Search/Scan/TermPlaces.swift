internal import SparseFormat

/// The positions of the terms of a query in each window of an index, looked up for all windows together.
struct TermPlaces {
    /// A query term that a window has.
    struct Term {
        /// The number of the term in the query.
        let number: Int
        /// The weight in the query, multiplied by the largest factor by which the window's impacts may have grown since
        /// they were computed.
        let weight: Float
        /// The position in the window's directory.
        let position: Int
        let entry: WindowEntry
        /// The maximum contribution of the term to a document of the window.
        var most: Float { weight * entry.maximum }
    }

    /// The maximum contribution of each term of the query to a document of any window.
    private(set) var most: [Float]
    /// For each term of the query, the window with the most postings; nil if no window has the term.
    private(set) var fullest: [(window: Int, term: Term)?]
    private var terms: [Term] = []
    /// The end of each window's terms.
    private var ends: [Int] = []

    /// Creates an empty value for no query.
    init() {
        most = []
        fullest = []
    }

    /// - Parameter wanted: The windows to look up; nil for all.
    init(_ stage: FirstStage, _ scratch: ScanScratch, in wanted: Set<Int>? = nil) {
        let (query, index) = (stage.query, stage.index)
        most = [Float](repeating: 0, count: query.terms.count)
        fullest = Array(repeating: nil, count: query.terms.count)
        // Each step prefetches what the next one reads, for all windows.
        let prefetches = scratch.optimizations.contains(.termPrefetch)
        for (window, member) in index.members.enumerated() where prefetches && wanted?.contains(window) ?? true {
            member.segment.directory.prefetchFind(query.terms)
        }
        scratch.positions.removeAll(keepingCapacity: true)
        for (window, member) in index.members.enumerated() {
            if wanted?.contains(window) ?? true {
                member.segment.directory.find(
                    query.terms, appendingTo: &scratch.positions, prefetching: prefetches)
            } else {
                scratch.positions.append(contentsOf: repeatElement(-1, count: query.terms.count))
            }
        }
        terms.reserveCapacity(scratch.positions.count)
        ends.reserveCapacity(index.members.count)
        for (window, directory) in index.members.map(\.segment.directory).enumerated() {
            let growth = stage.drift(of: directory)?.upperBound ?? 1
            for number in most.indices {
                let position = scratch.positions[window * most.count + number]
                guard position >= 0 else { continue }
                let term = Term(
                    number: number, weight: query.weights[number] * growth, position: position,
                    entry: directory.entry(at: position))
                most[number] = max(most[number], term.most)
                if term.entry.count > fullest[number]?.term.entry.count ?? 0 { fullest[number] = (window, term) }
                terms.append(term)
            }
            ends.append(terms.count)
        }
    }

    /// The terms of the query that a window has.
    subscript(window: Int) -> ArraySlice<Term> { terms[(window == 0 ? 0 : ends[window - 1])..<ends[window]] }

    /// Returns the same places, with the maximum contributions in one window only.
    func alone(_ window: Int) -> TermPlaces {
        var places = self
        for number in most.indices {
            places.most[number] = 0
            places.fullest[number] = nil
        }
        for term in self[window] {
            places.most[term.number] = term.most
            places.fullest[term.number] = (window, term)
        }
        return places
    }
}

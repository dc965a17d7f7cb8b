internal import SparseFormat

/// Where the terms of a query stand in each window of an index, looked up for all windows together.
struct TermPlaces {
    /// A query term that a window has.
    struct Term {
        /// In the query.
        let number: Int
        /// In the query; times the most by which the window's impacts may have grown since they were taken.
        let weight: Float
        /// In the window's directory.
        let position: Int
        let entry: WindowEntry
        /// The most a document of the window can get from it.
        var most: Float { weight * entry.maximum }
    }

    /// The most a document of any window can get from each term of the query.
    private(set) var most: [Float]
    /// For each term of the query the window that has most postings of it; nil where none has.
    private(set) var fullest: [(member: Int, term: Term)?]
    private var terms: [Term] = []
    /// Where each window's terms end.
    private var ends: [Int] = []

    /// Of no query.
    init() {
        most = []
        fullest = []
    }

    /// - Parameter wanted: the windows that will be asked for; nil for all.
    init(_ query: ResolvedQuery, _ index: IndexView, _ scratch: ScanScratch, in wanted: Set<Int>? = nil) {
        most = [Float](repeating: 0, count: query.terms.count)
        fullest = Array(repeating: nil, count: query.terms.count)
        // Each step asks for what the next one reads, for all windows.
        let prefetches = scratch.optimisations.contains(.termPrefetch)
        for (number, member) in index.members.enumerated() where prefetches && wanted?.contains(number) ?? true {
            member.segment.directory.prefetchFind(query.terms)
        }
        scratch.positions.removeAll(keepingCapacity: true)
        for (number, member) in index.members.enumerated() {
            if wanted?.contains(number) ?? true {
                member.segment.directory.find(
                    query.terms, appendingTo: &scratch.positions, prefetching: prefetches)
            } else {
                scratch.positions.append(contentsOf: repeatElement(-1, count: query.terms.count))
            }
        }
        terms.reserveCapacity(scratch.positions.count)
        ends.reserveCapacity(index.members.count)
        for (member, directory) in index.members.map(\.segment.directory).enumerated() {
            let growth = index.drift(of: directory)?.upperBound ?? 1
            for number in most.indices {
                let position = scratch.positions[member * most.count + number]
                guard position >= 0 else { continue }
                let term = Term(
                    number: number, weight: query.weights[number] * growth, position: position,
                    entry: directory.entry(at: position))
                most[number] = max(most[number], term.most)
                if term.entry.count > fullest[number]?.term.entry.count ?? 0 { fullest[number] = (member, term) }
                terms.append(term)
            }
            ends.append(terms.count)
        }
    }

    /// The terms of the query that a window has.
    subscript(member: Int) -> ArraySlice<Term> { terms[(member == 0 ? 0 : ends[member - 1])..<ends[member]] }

    /// The same places, with what terms can bring in one window only.
    func alone(_ member: Int) -> TermPlaces {
        var places = self
        for number in most.indices {
            places.most[number] = 0
            places.fullest[number] = nil
        }
        for term in self[member] {
            places.most[term.number] = term.most
            places.fullest[term.number] = (member, term)
        }
        return places
    }
}

internal import SparseFormat

/// The top k over the windows of one snapshot.
///
/// Exact: each window gives the documents whose upper bound reaches the k-th best lower bound, and these are scored from
/// their exact vectors. Every document left out has k proven better ones, so the answer is the one brute force gives.
/// With a plan: each window gives the best sums of what the plan lets it read, and the best of these are scored. Windows too
/// small for levels are read whole then, so their sums are no match for the others': they are searched last, and exactly,
/// which costs little once the best of the others are known.
struct WindowSearch {
    let index: IndexView
    let query: ResolvedQuery
    let limit: Int
    let minimumScore: Float?
    /// Nil for an exact search.
    let effort: Effort?
    /// What a filter leaves of each window; nil when every live document may be found.
    var allowed: [AllowedDocuments]?
    var budget = SearchBudget.unlimited

    /// Documents whose records are looked up together, and how many are asked for ahead of the one that is scored.
    private static let batch = 64
    private static let prefetched = 4

    /// A document and its exact score.
    struct Scored {
        let id: String
        let place: DocumentPlace
        let score: Float

        /// Best first: by score, then by identifier.
        static func precedes(_ a: Scored, _ b: Scored) -> Bool {
            a.score != b.score ? a.score > b.score : TextKey(a.id) < TextKey(b.id)
        }
    }

    func run(_ scratch: ScanScratch, _ counters: inout SearchCounters) throws -> [Scored] {
        guard !query.isEmpty else { return [] }
        var collector = Collector(limit: limit, minimumScore: minimumScore)
        let members = Array(index.members.indices)
        if query.terms.count > WindowScan.maximumLists {
            // More terms than accumulators can tell apart: every document is scored.
            try scoreAll(TermPlaces(query, index, scratch), scratch, &counters, &collector)
        } else {
            switch effort {
            case .windows(let plan):
                try search(members, plan, TermPlaces(query, index, scratch), scratch, &counters, &collector)
            case .blocks(let plan):
                try search(plan, scratch, &counters, &collector)
            case nil:
                let terms = TermPlaces(query, index, scratch)
                try search(members, cut: nil, limit, terms, scratch, &counters, &collector)
            }
        }
        return collector.best()
    }

    /// Searches the block index, and windows that it does not cover.
    ///
    /// - Throws: `BlockDamage` when the block index turns out to be damaged.
    private func search(
        _ plan: BlockPlan, _ scratch: ScanScratch, _ counters: inout SearchCounters, _ collector: inout Collector
    ) throws {
        var found: [DocumentPlace] = []
        var others = Array(index.members.indices)
        if let blocks = index.blocks {
            let scan = BlockScan(
                view: blocks, plan: plan, count: plan.candidateCount(limit: limit), budget: budget,
                readsAhead: scratch.asksDisk,
                isAllowed: { [allowed, members = index.members] place in
                    allowed?[place.member].bitmap.contains(place.ordinal)
                        ?? members[place.member].isLive(place.ordinal)
                })
            found = try BlockDamage.of { try scan.run(query, scratch.blocks, &counters) }
                .sorted { $0.member < $1.member }
            others = blocks.others
        }
        counters.candidates += found.count
        let terms = TermPlaces(query, index, scratch, in: Set(found.map(\.member) + others))
        try score(found, terms, scratch, &counters, &collector)
        try search(others, BlockPlan.windowPlan, terms, scratch, &counters, &collector)
    }

    /// Searches some windows with a plan.
    private func search(
        _ members: [Int], _ plan: ScanPlan, _ terms: TermPlaces, _ scratch: ScanScratch,
        _ counters: inout SearchCounters, _ collector: inout Collector
    ) throws {
        guard !members.isEmpty else { return }
        let cut = ScanCut(plan, terms, index)
        let leveled = members.filter { index.members[$0].segment.directory.levels > 1 }
        let others = members.filter { index.members[$0].segment.directory.levels == 1 }
        let count = scratch.optimisations.contains(.rescoring) ? plan.candidateCount(limit: limit) : limit
        try search(leveled, cut: cut, count, terms, scratch, &counters, &collector)
        try search(others, cut: nil, limit, terms, scratch, &counters, &collector)
    }

    /// Searches some windows.
    ///
    /// - Parameters:
    ///   - cut: what to leave out; nil for an exact search.
    ///   - count: how many of the best by their sums, or proven by them, are candidates.
    private func search(
        _ members: [Int], cut: ScanCut?, _ count: Int, _ terms: TermPlaces, _ scratch: ScanScratch,
        _ counters: inout SearchCounters, _ collector: inout Collector
    ) throws {
        guard !members.isEmpty else { return }
        var set = CandidateSet(
            count: count, minimum: cut == nil ? max(minimumScore ?? 0, collector.threshold ?? 0) : 0)
        if scratch.asksDisk, allowed == nil {
            for member in members {
                let segment = index.members[member].segment
                for term in terms[member] {
                    segment.readAhead(
                        term.entry, at: term.position, levels: cut?.levels[term.number] ?? segment.directory.levels)
                }
            }
        }
        func scoreWhole(_ allowed: AllowedDocuments, of member: Int) throws {
            try score(allowed, of: member, terms, scratch, &counters, &collector)
            // True scores bound the answer of an exact search; sums that leave postings out are no match for them.
            if cut == nil, let reached = collector.threshold { set.raise(to: reached) }
        }
        for position in members {
            let member = index.members[position]
            try budget.check()
            counters.segments += 1
            let allowed = allowed?[position]
            counters.filteredDocuments += allowed?.count ?? 0
            // Fewer than a plan would score anyway, or than the fixed costs of a scan allow.
            if let allowed,
                cut != nil && allowed.count <= count
                    || ScanCost.scoringIsCheaper(allowed.count, postings: 0, member.segment)
            {
                try scoreWhole(allowed, of: position)
                continue
            }
            guard let scan = try scan(of: position, terms, cut, scratch) else { continue }
            if let allowed, ScanCost.scoringIsCheaper(allowed.count, postings: scan.packedPostings, member.segment) {
                try scoreWhole(allowed, of: position)
                continue
            }
            counters.segmentsScanned += 1
            counters.lists += scan.listCount
            counters.postings += scan.postings
            counters.chunksDecoded += scan.held.decoded
            counters.chunksCached += scan.held.cached
            guard scan.listCount > 0 else { continue }
            scan.run(position, member, allowed?.bitmap, scratch, into: &set)
        }
        let candidates = set.remaining()
        counters.candidates += candidates.count
        guard cut == nil || scratch.optimisations.contains(.rescoring) else {
            for candidate in candidates {
                try collector.take(candidate.upper, candidate.place, index.vector(of: candidate.place))
            }
            return
        }
        try score(candidates.map(\.place), terms, scratch, &counters, &collector)
    }

    /// The scan of a window; nil when it has none of the query's terms.
    private func scan(
        of member: Int, _ terms: TermPlaces, _ cut: ScanCut?, _ scratch: ScanScratch
    ) throws -> WindowScan? {
        guard !terms[member].isEmpty else { return nil }
        var cut = cut
        if let plan = cut?.plan, !scratch.optimisations.contains(.sharedCut) {
            cut = ScanCut(plan, terms.alone(member), index)
        }
        let segment = index.members[member].segment
        return try WindowScan(segment, terms[member], cut, drift: index.drift(of: segment.directory))
    }

    /// Scores every document that the filter leaves of a window.
    private func score(
        _ allowed: AllowedDocuments, of member: Int, _ terms: TermPlaces, _ scratch: ScanScratch,
        _ counters: inout SearchCounters, _ collector: inout Collector
    ) throws {
        guard allowed.count > 0 else { return }
        counters.segmentsScored += 1
        let places = allowed.ordinals.map { DocumentPlace(member: member, ordinal: $0) }
        try score(places, terms, scratch, &counters, &collector)
    }

    /// Scores documents from their exact vectors.
    ///
    /// - Parameter places: those of one window next to each other.
    private func score(
        _ places: [DocumentPlace], _ terms: TermPlaces, _ scratch: ScanScratch, _ counters: inout SearchCounters,
        _ collector: inout Collector
    ) throws {
        counters.documentsScored += places.count
        var begin = 0
        while begin < places.count {
            try budget.check()
            let end = min(begin + Self.batch, places.count)
            try scoreBatch(places[begin..<end], terms, scratch, &collector)
            begin = end
        }
    }

    /// The same for few enough documents that what each step reads for all of them can be on its way together: where the
    /// records lie, their beginnings, and then the records, some ahead of the one that is being scored.
    private func scoreBatch(
        _ places: ArraySlice<DocumentPlace>, _ terms: TermPlaces, _ scratch: ScanScratch, _ collector: inout Collector
    ) throws {
        if scratch.asksDisk {
            for place in places { index.members[place.member].segment.readAhead(at: place.ordinal) }
        }
        let prefetches = scratch.optimisations.contains(.recordPrefetch)
        if prefetches {
            for place in places { index.members[place.member].segment.prefetchPlace(of: place.ordinal) }
            for place in places { index.members[place.member].segment.prefetchBeginning(at: place.ordinal) }
            for place in places.prefix(Self.prefetched) {
                try index.members[place.member].segment.prefetch(at: place.ordinal)
            }
        }
        var begin = places.startIndex
        while begin < places.endIndex {
            let member = places[begin].member
            let segment = index.members[member].segment
            let scorer = DocumentScorer(segment, query, terms[member], index.scoring, scratch)
            defer { scorer.finish() }
            while begin < places.endIndex, places[begin].member == member {
                if prefetches, begin + Self.prefetched < places.endIndex {
                    let next = places[begin + Self.prefetched]
                    try index.members[next.member].segment.prefetch(at: next.ordinal)
                }
                let vector = try index.vector(of: places[begin])
                try collector.take(scorer.score(vector), places[begin], vector)
                begin += 1
            }
        }
    }

    private func scoreAll(
        _ terms: TermPlaces, _ scratch: ScanScratch, _ counters: inout SearchCounters, _ collector: inout Collector
    ) throws {
        for (position, member) in index.members.enumerated() {
            counters.segments += 1
            let allowed = allowed?[position]
            counters.filteredDocuments += allowed?.count ?? 0
            let ordinals = allowed?.ordinals ?? (0..<member.segment.documentCount).filter(member.isLive)
            counters.segmentsScored += 1
            let places = ordinals.map { DocumentPlace(member: position, ordinal: $0) }
            try score(places, terms, scratch, &counters, &collector)
        }
    }
}

internal import Platform
internal import SparseFormat

/// A search of the windows of a snapshot in progress, with its results and costs so far.
///
/// Exact search: each window provides the documents whose upper bound reaches the k-th best lower bound, and these are
/// scored from their exact vectors. Every other document has k proven better ones, so the result is that of brute
/// force. Planned search: each window provides the best sums of the parts that the plan reads, and the best of these
/// are scored. Windows that are too small for levels are read in full, so their sums are not comparable with the
/// others. They are searched last and exactly, which costs little once the best of the others are known.
///
/// With groups, the same applies to the best document of each group. Then only the groups that were found are searched
/// for their other documents.
struct SearchRun {
    private let stage: FirstStage
    private let scratch: ScanScratch
    private var terms = TermPlaces()
    private var collector: Collector
    /// The documents that the filter allows in each window; in the second step of a grouped search, those of the
    /// leading groups.
    private var allowed: [AllowedDocuments]?
    private var isFillingGroups = false
    private(set) var counters = SearchCounters()

    init(_ stage: FirstStage, _ scratch: ScanScratch) {
        self.stage = stage
        self.scratch = scratch
        collector = Collector(
            stage.view, limit: stage.limit, minimumScore: stage.minimumScore, after: stage.after, groups: stage.groups)
        allowed = stage.allowed
    }

    private var index: CommitIndex { stage.index }
    private var query: ResolvedQuery { stage.query }

    /// Whether as many documents or groups were found as requested.
    var isFull: Bool { collector.isFull }

    /// Runs the search. Call it only once.
    mutating func find() throws -> [FoundDocument] {
        guard query.hasPositiveWeight else { return [] }
        let windows = Array(index.members.indices)
        if query.terms.count > WindowScan.maximumLists {
            // More terms than accumulators can tell apart: every document is scored.
            terms = TermPlaces(stage, scratch)
            try scoreAll()
        } else {
            switch stage.effort {
            case .windows(let plan):
                terms = TermPlaces(stage, scratch)
                try search(windows, plan)
            case .blocks(let plan):
                try search(plan)
            case nil:
                terms = TermPlaces(stage, scratch)
                try search(windows, cut: nil, keeping: stage.limit)
            }
        }
        if let groups = stage.groups, groups.best > 1 { try fill(groups) }
        return try collector.best()
    }

    /// Searches the block index and the windows that it does not cover.
    ///
    /// - Throws: `BlockDamage` if the block index is damaged.
    private mutating func search(_ plan: BlockPlan) throws {
        var found: [DocumentPlace] = []
        var others = Array(index.members.indices)
        if let blocks = index.blocks {
            let scan = BlockScan(
                view: blocks, plan: plan, count: plan.candidateCount(limit: stage.limit), budget: stage.budget,
                scratch: scratch.blocks, readsAhead: scratch.asksDisk,
                isAllowed: { [allowed, members = index.members] place in
                    allowed?[place.window].bitmap.contains(place.ordinal)
                        ?? members[place.window].isLive(place.ordinal)
                })
            found = try BlockDamage.of { try scan.run(query, counters: &counters) }
                .sorted { $0.window < $1.window }
            others = blocks.others
        }
        counters.candidates += found.count
        terms = TermPlaces(stage, scratch, in: stage.groups == nil ? Set(found.map(\.window) + others) : nil)
        try score(found)
        try search(others, BlockPlan.windowPlan)
    }

    /// Searches some windows with a plan.
    private mutating func search(_ windows: [Int], _ plan: ScanPlan) throws {
        guard !windows.isEmpty else { return }
        let cut = ScanCut(plan, terms, index)
        let leveled = windows.filter { index.members[$0].segment.directory.levels > 1 }
        let others = windows.filter { index.members[$0].segment.directory.levels == 1 }
        let count = scratch.optimizations.contains(.rescoring) ? plan.candidateCount(limit: stage.limit) : stage.limit
        try search(leveled, cut: cut, keeping: count)
        try search(others, cut: nil, keeping: stage.limit)
    }

    /// Searches some windows.
    ///
    /// - Parameters:
    ///   - cut: The parts to skip; nil for an exact search.
    ///   - count: The number of best documents to keep as candidates.
    private mutating func search(_ windows: [Int], cut: ScanCut?, keeping count: Int) throws {
        guard !windows.isEmpty else { return }
        var set = candidates(cut: cut, keeping: count)
        if scratch.asksDisk, allowed == nil { readAhead(windows, cut) }
        for window in windows {
            try stage.budget.check()
            try scan(window, cut: cut, into: &set)
            // Negative weights make lower bounds weak, so exact scores must raise the bound for the next window.
            if query.hasNegativeWeight {
                try refine(set.takeRemaining())
                if let reached { set.raise(to: reached) }
            }
        }
        let candidates = set.remaining()
        counters.candidates += candidates.count
        guard cut == nil || scratch.optimizations.contains(.rescoring) else {
            for candidate in candidates {
                try collector.take(candidate.upper, candidate.place, stage.view.vector(of: candidate.place))
            }
            return
        }
        try score(candidates.map(\.place))
    }

    /// The score that a document must reach to be found; nil while it is unknown. It is always nil while groups are
    /// filled, because each group needs its own best documents.
    private var reached: Float? { isFillingGroups ? nil : collector.threshold }

    /// Returns an empty set of candidates.
    private func candidates(cut: ScanCut?, keeping count: Int) -> CandidateSet {
        let minimum = cut == nil ? max(stage.minimumScore ?? 0, reached ?? 0) : 0
        guard let groups = stage.groups else {
            return CandidateSet(count: count, minimum: minimum, ceiling: stage.after?.score)
        }
        // Of each group as many documents as the plan would score of a search for one group's hits alone.
        let wanted = isFillingGroups ? groups.best : 1
        let perGroup =
            cut.map { scratch.optimizations.contains(.rescoring) ? $0.plan.candidateCount(limit: wanted) : wanted }
            ?? wanted
        return CandidateSet(
            count: count, minimum: minimum,
            groups: GroupBounds(
                groups, leading: isFillingGroups ? stage.limit : count, perGroup: perGroup,
                isEveryGroupKnown: isFillingGroups))
    }

    /// Requests from the disk all lists of the windows to be scanned.
    private func readAhead(_ windows: [Int], _ cut: ScanCut?) {
        for window in windows {
            let segment = index.members[window].segment
            for term in terms[window] {
                segment.readAhead(
                    term.entry, at: term.position, levels: cut?.levels[term.number] ?? segment.directory.levels)
            }
        }
    }

    /// Adds the candidates of one window, or scores all of its documents if that is cheaper.
    private mutating func scan(_ window: Int, cut: ScanCut?, into set: inout CandidateSet) throws {
        let member = index.members[window]
        counters.segments += 1
        let allowed = allowed?[window]
        counters.filteredDocuments += isFillingGroups ? 0 : allowed?.count ?? 0
        // Fewer than a plan would score anyway, or than the fixed costs of a scan allow.
        if let allowed,
            cut != nil && allowed.count <= set.count
                || ScanCost.scoringIsCheaper(allowed.count, postings: 0, member.segment)
        {
            return try scoreWhole(allowed, of: window, isExact: cut == nil, &set)
        }
        guard let scan = try scan(of: window, cut) else { return }
        if let allowed, ScanCost.scoringIsCheaper(allowed.count, postings: scan.packedPostings, member.segment) {
            return try scoreWhole(allowed, of: window, isExact: cut == nil, &set)
        }
        counters.segmentsScanned += 1
        counters.lists += scan.listCount
        counters.postings += scan.postings
        counters.chunksDecoded += scan.held.decoded
        counters.chunksCached += scan.held.cached
        guard scan.listCount > 0 else { return }
        scan.run(window, member: member, allowed: allowed, scratch: scratch, into: &set)
    }

    /// Returns the scan of a window; nil if it has none of the query's terms.
    private func scan(of window: Int, _ cut: ScanCut?) throws -> WindowScan? {
        guard !terms[window].isEmpty else { return nil }
        var cut = cut
        if let plan = cut?.plan, !scratch.optimizations.contains(.sharedCut) {
            cut = ScanCut(plan, terms.alone(window), index)
        }
        let segment = index.members[window].segment
        return try WindowScan(
            segment, query, terms: terms[window], cut: cut, drift: stage.drift(of: segment.directory))
    }

    /// Scores every document of a window that the filter allows.
    private mutating func scoreWhole(
        _ allowed: AllowedDocuments, of window: Int, isExact: Bool, _ set: inout CandidateSet
    ) throws {
        if allowed.count > 0 {
            counters.segmentsScored += isFillingGroups ? 0 : 1
            try score(allowed.ordinals.map { DocumentPlace(window: window, ordinal: $0) })
        }
        // True scores bound the answer of an exact search; sums that leave postings out are no match for them.
        if isExact, let reached { set.raise(to: reached) }
    }

    /// Scores candidates of one window, the largest bounds first, until no other candidate can be among the best.
    private mutating func refine(_ candidates: [ScanCandidate]) throws {
        let promising = candidates.sorted { $0.upper > $1.upper }
        counters.candidates += promising.count
        var begin = 0
        while begin < promising.count {
            if let reached, promising[begin].upper < reached { return }
            let end = min(begin + CandidateScorer.batch, promising.count)
            try score(promising[begin..<end].map(\.place))
            begin = end
        }
    }

    /// Finds the remaining documents of the leading groups.
    private mutating func fill(_ groups: DocumentGroups) throws {
        isFillingGroups = true
        let known = collector.leadingPlaces()
        var few: [DocumentPlace] = []
        var many: [(window: Int, ordinals: [Int])] = []
        for (window, ordinals) in groups.documents(ofGroupsOf: known) {
            let others = ordinals.filter { ordinal in
                (allowed?[window].bitmap.contains(ordinal) ?? index.members[window].isLive(ordinal))
                    && !known.contains(DocumentPlace(window: window, ordinal: ordinal))
            }
            if query.terms.count > WindowScan.maximumLists
                || ScanCost.scoringIsCheaper(others.count, postings: 0, index.members[window].segment)
            {
                few += others.map { DocumentPlace(window: window, ordinal: $0) }
            } else {
                many.append((window, others))
            }
        }
        try score(few)
        guard !many.isEmpty else { return }
        var bitmaps = index.members.map { Bitmap(count: $0.segment.documentCount) }
        for (window, ordinals) in many {
            for ordinal in ordinals { bitmaps[window].insert(ordinal) }
        }
        allowed = bitmaps.map(AllowedDocuments.init)
        let rest = many.map(\.window)
        switch stage.effort {
        case .windows(let plan): try search(rest, plan)
        case .blocks: try search(rest, BlockPlan.windowPlan)
        case nil: try search(rest, cut: nil, keeping: stage.limit)
        }
    }

    /// Scores documents from their exact vectors.
    ///
    /// - Parameter places: The places of the documents, with those of the same window adjacent.
    private mutating func score(_ places: [DocumentPlace]) throws {
        counters.documentsScored += places.count
        try CandidateScorer(stage: stage, scratch: scratch).score(places, terms: terms, into: &collector)
    }

    /// Scores every document.
    private mutating func scoreAll() throws {
        for (window, member) in index.members.enumerated() {
            counters.segments += 1
            let allowed = allowed?[window]
            counters.filteredDocuments += allowed?.count ?? 0
            let ordinals = allowed?.ordinals ?? (0..<member.segment.documentCount).filter(member.isLive)
            counters.segmentsScored += 1
            try score(ordinals.map { DocumentPlace(window: window, ordinal: $0) })
        }
    }
}

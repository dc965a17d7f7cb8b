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

    /// The number of documents whose records are looked up together, and the number that are prefetched ahead of
    /// scoring.
    private static let batch = 64
    private static let prefetched = 4

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
        let members = Array(index.members.indices)
        if query.terms.count > WindowScan.maximumLists {
            // More terms than accumulators can tell apart: every document is scored.
            terms = TermPlaces(stage, scratch)
            try scoreAll()
        } else {
            switch stage.effort {
            case .windows(let plan):
                terms = TermPlaces(stage, scratch)
                try search(members, plan)
            case .blocks(let plan):
                try search(plan)
            case nil:
                terms = TermPlaces(stage, scratch)
                try search(members, cut: nil, keeping: stage.limit)
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
        terms = TermPlaces(stage, scratch, in: stage.groups == nil ? Set(found.map(\.member) + others) : nil)
        try score(found)
        try search(others, BlockPlan.windowPlan)
    }

    /// Searches some windows with a plan.
    private mutating func search(_ members: [Int], _ plan: ScanPlan) throws {
        guard !members.isEmpty else { return }
        let cut = ScanCut(plan, terms, index)
        let leveled = members.filter { index.members[$0].segment.directory.levels > 1 }
        let others = members.filter { index.members[$0].segment.directory.levels == 1 }
        let count = scratch.optimizations.contains(.rescoring) ? plan.candidateCount(limit: stage.limit) : stage.limit
        try search(leveled, cut: cut, keeping: count)
        try search(others, cut: nil, keeping: stage.limit)
    }

    /// Searches some windows.
    ///
    /// - Parameters:
    ///   - cut: The parts to skip; nil for an exact search.
    ///   - count: The number of best documents to keep as candidates.
    private mutating func search(_ members: [Int], cut: ScanCut?, keeping count: Int) throws {
        guard !members.isEmpty else { return }
        var set = candidates(cut: cut, keeping: count)
        if scratch.asksDisk, allowed == nil { readAhead(members, cut) }
        for position in members {
            try stage.budget.check()
            try scan(position, cut: cut, into: &set)
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
    private func readAhead(_ members: [Int], _ cut: ScanCut?) {
        for member in members {
            let segment = index.members[member].segment
            for term in terms[member] {
                segment.readAhead(
                    term.entry, at: term.position, levels: cut?.levels[term.number] ?? segment.directory.levels)
            }
        }
    }

    /// Adds the candidates of one window, or scores all of its documents if that is cheaper.
    private mutating func scan(_ position: Int, cut: ScanCut?, into set: inout CandidateSet) throws {
        let member = index.members[position]
        counters.segments += 1
        let allowed = allowed?[position]
        counters.filteredDocuments += isFillingGroups ? 0 : allowed?.count ?? 0
        // Fewer than a plan would score anyway, or than the fixed costs of a scan allow.
        if let allowed,
            cut != nil && allowed.count <= set.count
                || ScanCost.scoringIsCheaper(allowed.count, postings: 0, member.segment)
        {
            return try scoreWhole(allowed, of: position, isExact: cut == nil, &set)
        }
        guard let scan = try scan(of: position, cut) else { return }
        if let allowed, ScanCost.scoringIsCheaper(allowed.count, postings: scan.packedPostings, member.segment) {
            return try scoreWhole(allowed, of: position, isExact: cut == nil, &set)
        }
        counters.segmentsScanned += 1
        counters.lists += scan.listCount
        counters.postings += scan.postings
        counters.chunksDecoded += scan.held.decoded
        counters.chunksCached += scan.held.cached
        guard scan.listCount > 0 else { return }
        scan.run(position, member, allowed, scratch, into: &set)
    }

    /// Returns the scan of a window; nil if it has none of the query's terms.
    private func scan(of member: Int, _ cut: ScanCut?) throws -> WindowScan? {
        guard !terms[member].isEmpty else { return nil }
        var cut = cut
        if let plan = cut?.plan, !scratch.optimizations.contains(.sharedCut) {
            cut = ScanCut(plan, terms.alone(member), index)
        }
        let segment = index.members[member].segment
        return try WindowScan(segment, terms[member], cut, query, drift: stage.drift(of: segment.directory))
    }

    /// Scores every document of a window that the filter allows.
    private mutating func scoreWhole(
        _ allowed: AllowedDocuments, of member: Int, isExact: Bool, _ set: inout CandidateSet
    ) throws {
        if allowed.count > 0 {
            counters.segmentsScored += isFillingGroups ? 0 : 1
            try score(allowed.ordinals.map { DocumentPlace(member: member, ordinal: $0) })
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
            let end = min(begin + Self.batch, promising.count)
            try score(promising[begin..<end].map(\.place))
            begin = end
        }
    }

    /// Finds the remaining documents of the leading groups.
    private mutating func fill(_ groups: DocumentGroups) throws {
        isFillingGroups = true
        let known = collector.leadingPlaces()
        var few: [DocumentPlace] = []
        var many: [(member: Int, ordinals: [Int])] = []
        for (member, ordinals) in groups.documents(ofGroupsOf: known) {
            let others = ordinals.filter { ordinal in
                (allowed?[member].bitmap.contains(ordinal) ?? index.members[member].isLive(ordinal))
                    && !known.contains(DocumentPlace(member: member, ordinal: ordinal))
            }
            if query.terms.count > WindowScan.maximumLists
                || ScanCost.scoringIsCheaper(others.count, postings: 0, index.members[member].segment)
            {
                few += others.map { DocumentPlace(member: member, ordinal: $0) }
            } else {
                many.append((member, others))
            }
        }
        try score(few)
        guard !many.isEmpty else { return }
        var bitmaps = index.members.map { Bitmap(count: $0.segment.documentCount) }
        for (member, ordinals) in many {
            for ordinal in ordinals { bitmaps[member].insert(ordinal) }
        }
        allowed = bitmaps.map(AllowedDocuments.init)
        let rest = many.map(\.member)
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
        var begin = 0
        while begin < places.count {
            try stage.budget.check()
            let end = min(begin + Self.batch, places.count)
            try scoreBatch(places[begin..<end])
            begin = end
        }
    }

    /// Scores a batch of documents that is small enough to overlap memory accesses. First come the positions of the
    /// records, then their beginnings, and then the records, some of them ahead of the one being scored.
    private mutating func scoreBatch(_ places: ArraySlice<DocumentPlace>) throws {
        let index = index
        if scratch.asksDisk {
            for place in places { index.members[place.member].segment.readAhead(at: place.ordinal) }
        }
        let prefetches = scratch.optimizations.contains(.recordPrefetch)
        if prefetches {
            Self.forEachWindow(of: places, index) { segment, places in
                for place in places { segment.prefetchLocation(of: place.ordinal) }
            }
            Self.forEachWindow(of: places, index) { segment, places in
                for place in places { segment.prefetchBeginning(at: place.ordinal) }
            }
        }
        func prefetch(_ position: Int) throws {
            guard prefetches, position < places.endIndex else { return }
            try index.members[places[position].member].segment.prefetch(at: places[position].ordinal)
        }
        for position in places.indices.prefix(Self.prefetched) { try prefetch(position) }
        try Self.forEachWindow(of: places, index) { segment, window in
            let scorer = DocumentScorer(
                segment, query, terms: terms[places[window.startIndex].member], scoring: stage.scoring,
                scratch: scratch)
            defer { scorer.finish() }
            for position in window.indices {
                try prefetch(position + Self.prefetched)
                let vector = try stage.view.vector(of: places[position], in: segment)
                try collector.take(scorer.score(vector), places[position], vector)
            }
        }
    }

    /// Calls `body` with each window and its documents.
    ///
    /// - Parameter places: The places of the documents, with those of the same window adjacent.
    private static func forEachWindow(
        of places: ArraySlice<DocumentPlace>, _ index: CommitIndex,
        _ body: (WindowSegment, ArraySlice<DocumentPlace>) throws -> Void
    ) rethrows {
        var begin = places.startIndex
        while begin < places.endIndex {
            var end = begin + 1
            while end < places.endIndex, places[end].member == places[begin].member { end += 1 }
            try body(index.members[places[begin].member].segment, places[begin..<end])
            begin = end
        }
    }

    private mutating func scoreAll() throws {
        for (position, member) in index.members.enumerated() {
            counters.segments += 1
            let allowed = allowed?[position]
            counters.filteredDocuments += allowed?.count ?? 0
            let ordinals = allowed?.ordinals ?? (0..<member.segment.documentCount).filter(member.isLive)
            counters.segmentsScored += 1
            try score(ordinals.map { DocumentPlace(member: position, ordinal: $0) })
        }
    }
}

/// Determines when a search must stop early. It is checked before each window and each batch of scored documents.
/// Without a deadline and a task, a check costs two comparisons.
struct SearchBudget: Sendable {
    var deadline: ContinuousClock.Instant?
    var cancellation: Cancellation?

    /// A budget without limits.
    static let unlimited = SearchBudget()

    /// - Throws: `cancelled`, `deadlineExceeded`.
    func check() throws(SparseStoreError) {
        try cancellation?.check()
        if let deadline, ContinuousClock.now >= deadline {
            throw SparseStoreError(
                .deadlineExceeded, problem: "the search did not finish before its deadline",
                remedy: "allow more time, or request fewer hits or a lower recall")
        }
    }
}

/// Counts how often the calling thread has waited. In a search, it waits for the disk to load a page of the map.
enum DiskWaits {
    /// The number of times this thread has slept (voluntary context switches of getrusage(2)), either for a page that
    /// it needed first, which is a major fault, or for a page that was already being read, which is not. Always 0 if
    /// the system does not count by thread.
    static var count: Int {
        #if os(Linux)
            var usage = rusage()
            // RUSAGE_THREAD, which the headers show to GNU programs only.
            return getrusage(.init(1), &usage) == 0 ? usage.ru_nvcsw : 0
        #else
            return 0
        #endif
    }
}

internal import SparseFormat

/// One of the snapshots that a search looks into, with the scoring of all of them.
struct SearchPart: Sendable {
    let snapshot: Snapshot
    /// The scoring of counts, at the average length of the documents of all parts.
    let scoring: BM25Function?

    private var view: ReadView { snapshot.view }

    /// The request of a search to one part.
    struct Request {
        let query: ResolvedQuery
        /// The number of documents, or of groups.
        let limit: Int
        var recall: Recall
        var minimumScore: Float?
        /// The documents that the filter allows in each window; nil allows all live documents.
        var allowed: [AllowedDocuments]?
        var groups: DocumentGroups?
        var after: HitRank?
        let budget: SearchBudget
    }

    /// The best documents, or groups, of the part.
    func find(
        _ request: Request, _ counters: inout SearchCounters
    ) throws -> (found: [FoundDocument], plan: SearchPlan) {
        let choice = try plan(request)
        let before = counters
        var part = SearchCounters()
        do {
            let found = try snapshot.source.scratch.withScratch { scratch in
                var stage = stage(request, effort: choice.effort)
                stage.after = request.after
                return try stage.run(choice.description, scratch, &part)
            }
            counters = before + part
            return found
        } catch let damage as BlockDamage {
            snapshot.noteDamage(damage)
            return try find(request, &counters)
        }
    }

    /// Returns the number of matching documents.
    func matches(_ request: Request) throws -> Int {
        try snapshot.source.scratch.withScratch { scratch in
            try MatchCount(stage: stage(request, effort: nil), scratch: scratch).run()
        }
    }

    private func stage(_ request: Request, effort: Effort?) -> FirstStage {
        FirstStage(
            view: view, query: request.query, limit: request.limit, minimumScore: request.minimumScore,
            effort: effort, scoring: scoring, allowed: request.allowed, budget: request.budget, groups: request.groups)
    }

    /// How the search is carried out.
    func plan(_ request: Request) throws -> Planner.Choice {
        let state = snapshot.state
        let damage = view.index.blocksDamage
        if case .plainSeismic = request.recall {
            if let damage {
                throw SparseStoreError(
                    .corrupted,
                    problem: "plain Seismic was requested, but the block index is damaged: "
                        + "\(damage.sentence)",
                    remedy: "build it again")
            }
            guard view.index.blocks != nil else {
                throw SparseStoreError(
                    .invalidArgument, problem: "plain Seismic was requested, but the store has no block index",
                    remedy: "build one first")
            }
        }
        let share = request.allowed.map {
            Double($0.reduce(0) { $0 + $1.count }) / Double(max(1, state.planner.documents))
        }
        return state.planner.choose(
            request.recall, terms: request.query.terms.count, limit: request.limit, share: share ?? 1, without: damage,
            hasGroups: request.groups != nil, hasNegativeWeight: request.query.hasNegativeWeight)
    }

    /// The live documents of some groups that may be found.
    func allowed(_ request: Request, in groups: Set<GroupValue>) -> [AllowedDocuments] {
        let members = view.index.members
        var bitmaps = members.map { Bitmap(count: $0.segment.documentCount) }
        for (window, ordinals) in request.groups?.documents(of: groups) ?? [] {
            for ordinal in ordinals
            where request.allowed?[window].bitmap.contains(ordinal) ?? members[window].isLive(ordinal) {
                bitmaps[window].insert(ordinal)
            }
        }
        return bitmaps.map(AllowedDocuments.init)
    }

    /// Returns the contribution of each term to the score of a document, the largest first.
    func contributions(_ place: DocumentPlace, _ query: ResolvedQuery) throws -> [TermContribution] {
        let parts = try snapshot.source.scratch.withScratch { scratch in
            let scorer = DocumentScorer(
                view.index.members[place.window].segment, query, scoring: scoring, scratch: scratch)
            defer { scorer.finish() }
            return try scorer.contributions(view.vector(of: place))
        }
        return try view.read { reader in
            let vocabulary = reader.vocabulary
            return try parts.map { part in
                let name = snapshot.manifest.termSpace == .strings ? try vocabulary.name(of: part.term) : nil
                return TermContribution(
                    term: name ?? String(part.term), queryWeight: part.query, documentWeight: part.document)
            }
        }
    }
}

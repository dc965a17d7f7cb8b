internal import SparseFormat

/// Counts the documents that a search with an unlimited number of hits would find.
struct MatchCount {
    let stage: FirstStage
    let scratch: ScanScratch

    /// Returns the number of allowed documents that score above 0 and at least the minimum score.
    func run() throws -> Int {
        guard stage.query.hasPositiveWeight else { return 0 }
        let terms = TermPlaces(stage, scratch)
        // Without negative weights, every document with one of the terms scores above 0.
        let needsScores = stage.query.hasNegativeWeight || stage.minimumScore ?? 0 > 0
        var count = 0
        for window in stage.index.members.indices {
            try stage.budget.check()
            let matching = try matching(window, terms[window])
            count += needsScores ? try scoring(matching, window, terms[window]) : matching.population
        }
        return count
    }

    /// Returns the allowed documents of a window that have a term with a positive weight.
    private func matching(_ window: Int, _ terms: ArraySlice<TermPlaces.Term>) throws -> Bitmap {
        let member = stage.index.members[window]
        let found = try member.segment.documents(
            having: terms.lazy.filter { $0.weight > 0 }.map(\.entry), scratch)
        return found.intersection(stage.allowed?[window].bitmap, or: member)
    }

    /// Returns the number of documents of a window that score enough.
    private func scoring(_ documents: Bitmap, _ window: Int, _ terms: ArraySlice<TermPlaces.Term>) throws -> Int {
        let scorer = DocumentScorer(
            stage.index.members[window].segment, stage.query, terms: terms, scoring: stage.scoring,
            scratch: scratch)
        defer { scorer.finish() }
        let least = stage.minimumScore ?? 0
        var count = 0
        try documents.forEach { ordinal in
            if count % 1_024 == 0 { try stage.budget.check() }
            let vector = try stage.view.vector(of: DocumentPlace(window: window, ordinal: ordinal))
            let score = try scorer.score(vector)
            if score > 0, score >= least { count += 1 }
        }
        return count
    }
}

/// The documents that frequencies are computed over.
struct CountedDocuments {
    let index: CommitIndex
    let allowed: [AllowedDocuments]
    let scratch: ScanScratch

    /// The number of documents.
    var count: Int { allowed.reduce(0) { $0 + $1.count } }

    /// Returns the number of these documents that have each term. Terms with a frequency of 0 may be missing.
    func frequencies(of terms: Set<TermID>) throws -> [TermID: Int] {
        var frequencies: [TermID: Int] = [:]
        for (member, allowed) in zip(index.members, allowed) where allowed.count > 0 {
            for term in terms {
                guard let position = member.segment.directory.find(term) else { continue }
                let entry = member.segment.directory.entry(at: position)
                let found = try member.segment.documents(having: CollectionOfOne(entry), scratch)
                frequencies[term, default: 0] += found.intersection(allowed.bitmap, or: member).population
            }
        }
        return frequencies
    }
}

extension WindowSegment {
    /// Returns the documents in any of the lists, including removed ones.
    fileprivate func documents(having entries: some Sequence<WindowEntry>, _ scratch: ScanScratch) throws -> Bitmap {
        var held = HeldLists()
        defer {
            withExtendedLifetime(held) {}
            scratch.marks.update(repeating: 0, count: 1_024)
        }
        for entry in entries {
            WindowKernels.mark(try list(entry, &held), of: entry, documents: documentCount, in: scratch.marks)
        }
        return Bitmap(count: documentCount, words: UnsafeBufferPointer(start: scratch.marks, count: 1_024))
    }
}

extension Bitmap {
    /// Returns the documents that are allowed; without a filter, the live ones.
    fileprivate func intersection(_ allowed: Bitmap?, or member: CommitIndex.Member) -> Bitmap {
        var common = self
        if let allowed {
            common.formIntersection(allowed)
        } else if let tombstones = member.tombstones {
            common.subtract(tombstones)
        }
        return common
    }
}

internal import SparseFormat

/// Counts the documents that a search could find if its limit were high enough.
struct MatchCount {
    let stage: FirstStage
    let scratch: ScanScratch

    /// How many documents may be found and score above 0, and not less than the minimum score.
    func run() throws -> Int {
        guard stage.query.hasPositiveWeight else { return 0 }
        let terms = TermPlaces(stage.query, stage.index, scratch)
        // Without weights below 0 whoever has one of the terms scores above 0.
        let needsScores = stage.query.hasNegativeWeight || stage.minimumScore ?? 0 > 0
        var count = 0
        for position in stage.index.members.indices {
            try stage.budget.check()
            let matching = try matching(position, terms[position])
            count += needsScores ? try scoring(matching, position, terms[position]) : matching.population
        }
        return count
    }

    /// The documents of a window that may be found and have a term of a positive weight.
    private func matching(_ position: Int, _ terms: ArraySlice<TermPlaces.Term>) throws -> Bitmap {
        let member = stage.index.members[position]
        let found = try member.segment.documents(
            having: terms.lazy.filter { $0.weight > 0 }.map(\.entry), scratch)
        return found.intersection(stage.allowed?[position].bitmap, or: member)
    }

    /// How many of some documents of a window score enough.
    private func scoring(_ documents: Bitmap, _ position: Int, _ terms: ArraySlice<TermPlaces.Term>) throws -> Int {
        let scorer = DocumentScorer(
            stage.index.members[position].segment, stage.query, terms, stage.index.scoring, scratch)
        defer { scorer.finish() }
        let least = stage.minimumScore ?? 0
        var count = 0
        try documents.forEach { ordinal in
            if count % 1_024 == 0 { try stage.budget.check() }
            let vector = try stage.index.vector(of: DocumentPlace(member: position, ordinal: ordinal))
            let score = try scorer.score(vector)
            if score > 0, score >= least { count += 1 }
        }
        return count
    }
}

/// The documents that frequencies are counted over.
struct CountedDocuments {
    let index: IndexView
    let allowed: [AllowedDocuments]
    let scratch: ScanScratch

    /// How many they are.
    var count: Int { allowed.reduce(0) { $0 + $1.count } }

    /// How many of them have each term; terms that none has may be missing.
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
    /// The documents that are in one of some lists, removed ones included.
    fileprivate func documents(having entries: some Sequence<WindowEntry>, _ scratch: ScanScratch) throws -> Bitmap {
        var held = HeldLists()
        defer {
            withExtendedLifetime(held) {}
            scratch.marks.update(repeating: 0, count: 1_024)
        }
        for entry in entries {
            WindowKernels.mark(try list(entry, &held), entry, documents: documentCount, scratch.marks)
        }
        return Bitmap(count: documentCount, words: UnsafeBufferPointer(start: scratch.marks, count: 1_024))
    }
}

extension Bitmap {
    /// Those that a filter lets through; without a filter those that are live.
    fileprivate func intersection(_ allowed: Bitmap?, or member: IndexView.Member) -> Bitmap {
        var common = self
        if let allowed {
            common.formIntersection(allowed)
        } else if let tombstones = member.tombstones {
            common.subtract(tombstones)
        }
        return common
    }
}

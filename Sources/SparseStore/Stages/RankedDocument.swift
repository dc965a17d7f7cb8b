/// A document of a ranking.
struct RankedDocument {
    let id: String
    let place: RankedPlace
    /// What ranks it now.
    var score: Float
    /// The score in each stage so far; nil for a stage that did not score the document.
    var stageScores: [Float?] = []

    /// Returns whether `a` ranks before `b`: by score, then by identifier.
    static func precedes(_ a: RankedDocument, _ b: RankedDocument) -> Bool {
        HitRank.precedes(HitRank(score: a.score, id: a.id), HitRank(score: b.score, id: b.id))
    }
}

extension RankedDocument {
    init(_ found: FoundDocument) {
        self.init(id: found.id, place: RankedPlace(part: found.part, place: found.place), score: found.score)
    }
}

/// Where one of the snapshots that are searched together has a document.
struct RankedPlace: Hashable {
    /// The position of the snapshot.
    let part: Int
    let place: DocumentPlace
}

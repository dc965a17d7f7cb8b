/// A document of a ranking.
struct RankedDocument {
    let id: String
    let place: DocumentPlace
    /// What ranks it now.
    var score: Float
    /// What each stage so far scored it with; nil where one did not.
    var stageScores: [Float?] = []

    /// Best first: by score, then by identifier.
    static func precedes(_ a: RankedDocument, _ b: RankedDocument) -> Bool {
        HitRank.precedes(HitRank(score: a.score, id: a.id), HitRank(score: b.score, id: b.id))
    }
}

extension RankedDocument {
    init(_ found: FoundDocument) {
        self.init(id: found.id, place: found.place, score: found.score)
    }
}

/// A document of a ranking.
struct RankedDocument {
    let id: String
    let place: DocumentPlace
    /// What ranks it now.
    var score: Float
    /// What each stage so far scored it with; nil where one did not.
    var stageScores: [Float?]

    /// Best first: by score, then by identifier.
    static func precedes(_ a: RankedDocument, _ b: RankedDocument) -> Bool {
        a.score != b.score ? a.score > b.score : TextKey(a.id) < TextKey(b.id)
    }
}

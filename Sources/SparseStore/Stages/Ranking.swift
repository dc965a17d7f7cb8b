/// Documents in the order of one way to score them, and that way itself: what it takes to compare them with documents
/// of another ranking.
struct Ranking {
    /// Adds its costs to the counters.
    typealias Score = (_ documents: [RankedDocument], _ counters: inout [String: Int]) throws -> [Float?]

    /// Best first.
    var documents: [RankedDocument]
    /// What a document scores that it does not find: 0 for inner products, nil where that is not known.
    let unfound: Float?
    /// Scores other documents the way its own were scored; nil for those it does not find.
    let score: Score
}

/// Documents in the order of a scoring function, with the function itself, which allows comparing them with documents
/// of another ranking.
struct Ranking {
    /// A function that scores documents and adds its costs to the counters.
    typealias Score = (_ documents: [RankedDocument], _ counters: inout [String: Int]) throws -> [Float?]

    /// The documents, best first.
    var documents: [RankedDocument]
    /// The score of a document that the ranking does not find: 0 for inner products, nil if unknown.
    let unfound: Float?
    /// Scores other documents as the ranking's documents were scored; nil for those it does not find.
    let score: Score
}

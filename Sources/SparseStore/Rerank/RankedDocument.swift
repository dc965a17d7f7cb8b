/// A document of a ranking, and where the index has it.
struct RankedDocument {
    let id: String
    let member: Int
    let ordinal: Int
    /// What ranks it now.
    var score: Float
    /// What each stage so far scored it with; nil where one did not.
    var stageScores: [Float?]
}

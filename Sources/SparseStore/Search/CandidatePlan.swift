/// A plan that scores a bounded number of candidates exactly.
protocol CandidatePlan {
    /// The fixed part of the number of documents to score exactly.
    var candidates: Int { get }
    /// The part of that number for each requested hit.
    var candidatesPerHit: Float { get }
}

extension CandidatePlan {
    func candidateCount(limit: Int) -> Int {
        max(limit, candidates + Int((candidatesPerHit * Float(limit)).rounded(.up)))
    }
}

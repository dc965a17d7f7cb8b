/// A plan that scores a bounded number of candidates exactly.
protocol CandidatePlan {
    /// Documents scored exactly: so many...
    var candidates: Int { get }
    /// ... and so many for each hit asked for.
    var candidatesPerHit: Float { get }
}

extension CandidatePlan {
    func candidateCount(limit: Int) -> Int {
        max(limit, candidates + Int((candidatesPerHit * Float(limit)).rounded(.up)))
    }
}

internal import SparseFormat

/// A ranking of documents that some other engine has made, such as an index of dense vectors.
public struct ExternalRanking: Sendable, Hashable {
    /// Its documents, best first, each once.
    public let ids: [String]
    /// Documents that stood in it again.
    public let duplicates: Int

    /// Their scores. Without given ones the ranks, evenly spaced.
    let scores: [Float]

    /// A ranking without scores: each place counts as one step.
    ///
    /// - Parameter ids: best first; of a document that stands in it twice the first place counts.
    public init(ids: [String]) {
        self.init(sorted: ids.enumerated().map { ($1, Float(-$0)) })
    }

    /// A ranking by scores, in any order; equal scores are ordered by identifier. Of a document that stands in it twice
    /// the best score counts.
    ///
    /// - Throws: ``SparseStoreError/Code/invalidArgument`` for a score that is not finite.
    public init(scores: [(id: String, score: Float)]) throws(SparseStoreError) {
        if let bad = scores.firstIndex(where: { !$0.score.isFinite }) {
            throw SparseStoreError(
                .invalidArgument,
                "score \(bad) of an external ranking is \(scores[bad].score); scores must be finite")
        }
        self.init(
            sorted:
                scores.sorted {
                    HitRank.precedes(HitRank(score: $0.score, id: $0.id), HitRank(score: $1.score, id: $1.id))
                })
    }

    private init(sorted: [(id: String, score: Float)]) {
        var seen = Set<TextKey>(minimumCapacity: sorted.count)
        let kept = sorted.filter { seen.insert(TextKey($0.id)).inserted }
        ids = kept.map(\.id)
        scores = kept.map(\.score)
        duplicates = sorted.count - kept.count
    }

    /// Whether both rank documents of the same identifiers, byte for byte, alike.
    public static func == (a: ExternalRanking, b: ExternalRanking) -> Bool {
        a.ids.elementsEqual(b.ids) { TextKey($0) == TextKey($1) } && a.duplicates == b.duplicates
            && a.scores == b.scores
    }

    /// Feeds the identifiers' bytes to the hasher.
    public func hash(into hasher: inout Hasher) {
        for id in ids { hasher.combine(TextKey(id)) }
    }

    /// - Throws: `limitExceeded`.
    func check() throws(SparseStoreError) {
        guard ids.count <= Limits.maximumResults else {
            throw SparseStoreError(
                .limitExceeded,
                "an external ranking has \(ids.count) documents; the limit is \(Limits.maximumResults): keep the best")
        }
    }
}

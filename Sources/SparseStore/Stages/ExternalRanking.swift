internal import SparseFormat

/// A ranking of documents by another engine, such as an index of dense vectors.
public struct ExternalRanking: Sendable, Hashable {
    /// The identifiers of the documents, best first, without duplicates.
    public let ids: [String]
    /// The number of duplicates that were removed.
    public let duplicates: Int

    /// The scores of the documents. If none were given, evenly spaced values by rank.
    let scores: [Float]

    /// Creates a ranking without scores. Documents are evenly spaced by rank.
    ///
    /// - Parameter ids: The identifiers, best first. For a duplicate, the first position counts.
    public init(ids: [String]) {
        self.init(sorted: ids.enumerated().map { ($1, Float(-$0)) })
    }

    /// Creates a ranking from scores in any order. Equal scores are ordered by identifier. For a duplicate, the best
    /// score counts.
    ///
    /// - Parameter scores: The identifiers with their scores.
    /// - Throws: ``SparseStoreError/Code/invalidArgument`` for a score that is not finite.
    public init(scores: [(id: String, score: Float)]) throws(SparseStoreError) {
        if let bad = scores.firstIndex(where: { !$0.score.isFinite }) {
            throw SparseStoreError(
                .invalidArgument,
                "score \(bad) of an external ranking is \(scores[bad].score); use finite scores")
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

    /// Returns whether two rankings are equal. Identifiers are compared by their bytes.
    public static func == (a: ExternalRanking, b: ExternalRanking) -> Bool {
        a.ids.elementsEqual(b.ids) { TextKey($0) == TextKey($1) } && a.duplicates == b.duplicates
            && a.scores == b.scores
    }

    /// Hashes the bytes of the identifiers.
    public func hash(into hasher: inout Hasher) {
        for id in ids { hasher.combine(TextKey(id)) }
    }

    /// - Throws: `limitExceeded`.
    func check() throws(SparseStoreError) {
        guard ids.count <= Limits.maximumResults else {
            throw SparseStoreError(
                .limitExceeded,
                "an external ranking has \(ids.count) documents, the limit is \(Limits.maximumResults); keep the best")
        }
    }
}

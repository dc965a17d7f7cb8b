internal import SparseFormat

/// A method to combine two rankings of the same query.
public struct Fusion: Sendable, Hashable {
    /// A normalization that makes scores of different rankings comparable before they are added.
    public enum Normalization: Sendable, Hashable {
        /// (score - lowest) / (highest - lowest), within 0...1. If all scores are equal, each counts as 1. A document
        /// that a ranking lacks counts as 0.
        case minMax
        /// (score - mean) / standard deviation. If all scores are equal, each counts as 0. A document that a ranking
        /// lacks counts as the lowest normalized score, or -1 if that is lower.
        case zScore
    }

    enum Method: Sendable, Hashable {
        case reciprocalRank(constant: Double)
        case weightedSum(Normalization, weight: Double)
    }

    let method: Method

    /// Reciprocal rank fusion: the sum of 1 / (constant + rank), with ranks from 1, over the rankings that have the
    /// document (Cormack, Clarke and Buettcher, "Reciprocal Rank Fusion", SIGIR 2009).
    ///
    /// - Parameter constant: The constant, at least 0. The paper's 60 suits most rankings.
    public static func reciprocalRank(constant: Double = 60) -> Fusion {
        Fusion(method: .reciprocalRank(constant: constant))
    }

    /// Returns a fusion that adds (1 - weight) x the first ranking's normalized score and weight x the second's.
    ///
    /// - Parameters:
    ///   - normalization: The normalization of the scores of both rankings.
    ///   - weight: The weight of the second ranking, 0...1.
    public static func weightedSum(_ normalization: Normalization = .minMax, weight: Double = 0.5) -> Fusion {
        Fusion(method: .weightedSum(normalization, weight: weight))
    }

    /// - Throws: `invalidArgument` for a parameter outside its range.
    func check() throws(SparseStoreError) {
        switch method {
        case .reciprocalRank(let constant):
            guard constant.isFinite, constant >= 0 else {
                throw SparseStoreError(
                    .invalidArgument, problem: "the constant of a rank fusion is \(constant)",
                    remedy: "use a number of at least 0")
            }
        case .weightedSum(_, let weight):
            guard (0...1).contains(weight) else {
                throw SparseStoreError(
                    .invalidArgument, problem: "the weight of a fusion is \(weight)",
                    remedy: "use a number from 0 to 1")
            }
        }
    }
}

extension Fusion {
    /// Returns one ranking of the documents of both, best first; equal scores are ordered by identifier.
    ///
    /// If one ranking lacks a document of the other, it is asked to score it. Only a document that it cannot score
    /// counts as missing.
    func fuse(_ first: Ranking, _ second: Ranking, _ counters: inout [String: Int]) throws -> Ranking {
        var firstScores = Self.scores(first)
        var secondScores = Self.scores(second)
        var added = second.documents.filter { firstScores[$0.place] == nil }
        let onlyFirst = first.documents.filter { secondScores[$0.place] == nil }
        for (index, score) in try first.score(added, &counters).enumerated() {
            // The stage before would have scored it like this.
            if let last = added[index].stageScores.indices.last { added[index].stageScores[last] = score }
            firstScores[added[index].place] = score
        }
        for (document, score) in zip(onlyFirst, try second.score(onlyFirst, &counters)) {
            secondScores[document.place] = score
        }
        let union = first.documents + added
        func scale(_ ranking: Ranking, _ scores: [RankedPlace: Float]) -> FusionScale {
            FusionScale(
                method,
                union.compactMap { document in
                    (scores[document.place] ?? countable(ranking.unfound)).map { ($0, document.id) }
                })
        }
        let (firstScale, secondScale) = (scale(first, firstScores), scale(second, secondScores))
        let fused: ([RankedDocument], [Float?], [Float?]) -> [Float] = { documents, firstScores, secondScores in
            documents.indices.map { index in
                let id = documents[index].id
                return combine(
                    firstScale.value(firstScores[index] ?? countable(first.unfound), id: id),
                    secondScale.value(secondScores[index] ?? countable(second.unfound), id: id))
            }
        }
        let scores = fused(union, union.map { firstScores[$0.place] }, union.map { secondScores[$0.place] })
        var documents = union
        for (index, score) in scores.enumerated() { documents[index].score = score }
        return Ranking(documents: documents.sorted(by: RankedDocument.precedes), unfound: nil) { others, counters in
            fused(others, try first.score(others, &counters), try second.score(others, &counters))
        }
    }

    // By place: identifiers of different bytes may be equal strings.
    private static func scores(_ ranking: Ranking) -> [RankedPlace: Float] {
        Dictionary(ranking.documents.map { ($0.place, $0.score) }) { first, _ in first }
    }

    /// Returns the score of documents that a ranking does not find. They have no rank, whatever their score.
    private func countable(_ unfound: Float?) -> Float? {
        if case .reciprocalRank = method { nil } else { unfound }
    }

    private func combine(_ first: Double, _ second: Double) -> Float {
        switch method {
        case .reciprocalRank: Float(first + second)
        case .weightedSum(_, let weight): Float((1 - weight) * first + weight * second)
        }
    }
}

/// Converts a document's score in one ranking to its value in a fusion.
struct FusionScale {
    private enum Kind {
        /// The sum of reciprocal ranks. `ranking` has scores and identifiers, best first.
        case reciprocalRank(constant: Double, ranking: [(score: Float, id: String)])
        /// (score - origin) / unit. A unit of 0 means that all scores are equal.
        case linear(origin: Double, unit: Double, equal: Double, missing: Double)
    }

    private let kind: Kind

    /// - Parameter ranking: Every document that the ranking scores, in any order.
    init(_ method: Fusion.Method, _ ranking: [(score: Float, id: String)]) {
        switch method {
        case .reciprocalRank(let constant):
            kind = .reciprocalRank(constant: constant, ranking: ranking.sorted(by: Self.precedes))
        case .weightedSum(.minMax, _):
            let lowest = Double(ranking.map(\.score).min() ?? 0)
            let highest = Double(ranking.map(\.score).max() ?? 0)
            kind = .linear(origin: lowest, unit: highest - lowest, equal: 1, missing: 0)
        case .weightedSum(.zScore, _):
            let scores = ranking.map { Double($0.score) }
            let count = Double(max(1, scores.count))
            let mean = scores.reduce(0, +) / count
            // Equal scores have a mean that is rounded: their deviation is made 0 here.
            let isEqual = scores.allSatisfy { $0 == scores.first }
            let deviation = isEqual ? 0 : (scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
            let lowest = deviation > 0 ? ((scores.min() ?? mean) - mean) / deviation : 0
            kind = .linear(origin: mean, unit: deviation, equal: 0, missing: min(lowest, -1))
        }
    }

    /// Returns the value of a document. Its score is nil if the ranking does not have it.
    func value(_ score: Float?, id: String) -> Double {
        switch kind {
        case .reciprocalRank(let constant, let ranking):
            guard let score else { return 0 }
            return 1 / (constant + 1 + Double(Self.rank(score, id, in: ranking)))
        case .linear(let origin, let unit, let equal, let missing):
            guard let score else { return missing }
            return unit > 0 ? (Double(score) - origin) / unit : equal
        }
    }

    private static func precedes(_ a: (score: Float, id: String), _ b: (score: Float, id: String)) -> Bool {
        HitRank.precedes(HitRank(score: a.score, id: a.id), HitRank(score: b.score, id: b.id))
    }

    /// Returns the number of documents of a ranking that come before a document, which may be in the ranking itself.
    private static func rank(_ score: Float, _ id: String, in ranking: [(score: Float, id: String)]) -> Int {
        var low = 0
        var high = ranking.count
        while low < high {
            let middle = (low + high) / 2
            if precedes(ranking[middle], (score, id)) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

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
                .invalidArgument, problem: "score \(bad) of an external ranking is \(scores[bad].score)",
                remedy: "use finite scores")
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
                problem: "an external ranking has \(ids.count) documents, but the limit is "
                    + "\(Limits.maximumResults)",
                remedy: "keep only the best documents")
        }
    }
}

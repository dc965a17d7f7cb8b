internal import SparseStore

/// A comparison of the rankings of one engine with those of another engine, which count as correct.
public struct RunComparison: Sendable, Hashable {
    /// The number of queries in the truth.
    public let queries: Int
    /// The queries of the truth that the run does not answer.
    public let missingQueries: [String]
    /// The mean share of the first ten true documents that are among the run's first ten. A document with the same true
    /// score as the tenth also counts as one of them.
    public let overlapAt10: Double
    /// The mean share of the first hundred true documents that are among the run's first hundred, computed like
    /// `overlapAt10`.
    public let overlapAt100: Double
    /// The largest difference between the run's score and the true score of any document that both rank, over all
    /// queries.
    public let largestScoreDifference: Double
    /// The largest such difference as a share of the true score, leaving out documents whose true score is 0.
    public let largestRelativeDifference: Double
    /// The documents of the truth that the run does not have for any query, in the order of their bytes.
    public let missingIDs: [String]

    /// Compares a run with the true ranking.
    public init(truth: TRECRun, run: TRECRun) {
        var overlaps = [10: 0.0, 100: 0.0]
        var difference = 0.0
        var share = 0.0
        var missing: [TextKey] = []
        var wanted = Set<TextKey>()
        for (query, expected) in truth.rankings {
            for document in expected { wanted.insert(TextKey(document.id)) }
            guard let found = run.rankings[query] else {
                missing.append(query)
                // The correct answer to a query without true documents is empty.
                if expected.isEmpty { for k in overlaps.keys { overlaps[k, default: 0] += 1 } }
                continue
            }
            let scores = Dictionary(expected.map { (TextKey($0.id), $0.score) }) { first, _ in first }
            for k in overlaps.keys { overlaps[k, default: 0] += Self.overlap(expected, scores, found: found, k: k) }
            for document in found {
                guard let score = scores[TextKey(document.id)] else { continue }
                let distance = abs(Double(document.score) - Double(score))
                difference = max(difference, distance)
                if score != 0 { share = max(share, distance / abs(Double(score))) }
            }
        }
        for ranking in run.rankings.values { for document in ranking { wanted.remove(TextKey(document.id)) } }
        queries = truth.rankings.count
        missingQueries = missing.sorted().map(\.text)
        overlapAt10 = (overlaps[10] ?? 0) / Double(max(1, queries))
        overlapAt100 = (overlaps[100] ?? 0) / Double(max(1, queries))
        largestScoreDifference = difference
        largestRelativeDifference = share
        missingIDs = wanted.sorted().map(\.text)
    }

    /// Returns the share of the first `k` true documents that are among the first `k` found.
    private static func overlap(
        _ expected: [ScoredDocument], _ scores: [TextKey: Float], found: [ScoredDocument], k: Int
    ) -> Double {
        let count = min(k, expected.count)
        guard count > 0 else { return 1 }
        let least = expected.sorted { $0.score > $1.score }[count - 1].score
        let best = Set(found.sorted { $0.score > $1.score }.prefix(k).map { TextKey($0.id) })
        let right = best.count { scores[$0].map { $0 >= least } ?? false }
        return Double(min(right, count)) / Double(count)
    }
}

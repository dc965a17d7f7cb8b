/// A second stage that scores the candidates of the first stage.
///
/// The candidates are then ordered by their new scores; equal scores keep the previous order. Candidates without a new
/// score follow all others, also in the previous order.
///
/// A reranker must be safe to use from several threads.
public protocol Reranker: Sendable {
    /// The name of the stage in `explain`.
    var name: String { get }

    /// Scores candidates.
    ///
    /// - Parameters:
    ///   - candidates: The candidates, best first as ranked by the previous stage; at least one.
    ///   - limit: The number of best candidates that matter, at least 1. A reranker that knows the best `limit` may
    ///     skip the others. It may exceed the number of candidates.
    ///   - scores: Receives the scores and counters.
    /// - Throws: Any error; the search rethrows it.
    func rerank(_ candidates: Candidates, limit: Int, into scores: inout CandidateScores) throws
}

/// A reranker made from a closure that scores one candidate at a time.
public struct ScoringReranker: Reranker {
    /// The name of the stage in `explain`.
    public let name: String
    private let score: @Sendable (Candidate) throws -> Float?

    init(_ name: String, _ score: @escaping @Sendable (Candidate) throws -> Float?) {
        self.name = name
        self.score = score
    }

    /// Scores every candidate for which the closure returns a score.
    public func rerank(_ candidates: Candidates, limit: Int, into scores: inout CandidateScores) throws {
        for candidate in candidates {
            if let score = try score(candidate) { try scores.set(score, for: candidate) }
        }
    }
}

extension Reranker where Self == ScoringReranker {
    /// Returns a reranker that calls a closure: `.scoring { candidate in ... }`.
    ///
    /// - Parameters:
    ///   - name: The name of the stage in `explain`.
    ///   - score: Returns the new score of a candidate, which must be finite. Candidates with nil follow those with a
    ///     score.
    public static func scoring(
        _ name: String = "closure", _ score: @escaping @Sendable (Candidate) throws -> Float?
    ) -> ScoringReranker { ScoringReranker(name, score) }
}

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

/// A document of a ranking.
struct RankedDocument {
    let id: String
    let place: RankedPlace
    /// The score that ranks it now.
    var score: Float
    /// The score in each stage so far; nil for a stage that did not score the document.
    var stageScores: [Float?] = []

    /// Returns whether `a` ranks before `b`: by score, then by identifier.
    static func precedes(_ a: RankedDocument, _ b: RankedDocument) -> Bool {
        HitRank.precedes(HitRank(score: a.score, id: a.id), HitRank(score: b.score, id: b.id))
    }
}

extension RankedDocument {
    init(_ found: FoundDocument) {
        self.init(id: found.id, place: RankedPlace(part: found.part, place: found.place), score: found.score)
    }
}

/// Where one of the snapshots that are searched together has a document.
struct RankedPlace: Hashable {
    /// The position of the snapshot.
    let part: Int
    let place: DocumentPlace
}

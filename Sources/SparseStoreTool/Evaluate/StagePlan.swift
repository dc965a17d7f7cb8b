internal import SparseInterchange
internal import SparseStore

/// The stages that follow the first, for the queries of a file.
struct StagePlan: Sendable {
    let feedback: Feedback?
    let run: TRECRun?
    let fusion: Fusion
    /// How many documents of the previous stage's answer are fused.
    let depth: Int
    let reranking: Reranking?
    /// Those that are the same for all queries.
    let last: [SearchStage]

    /// Returns the stages for the query at an index of the file. A query that is missing from the run is fused with an
    /// empty ranking.
    func stages(query id: String, at place: Int) throws -> [SearchStage] {
        var stages: [SearchStage] = []
        if let feedback { stages.append(.feedback(feedback)) }
        if let run {
            let ranking = try ExternalRanking(scores: (run.rankings[TextKey(id)] ?? []).map { ($0.id, $0.score) })
            stages.append(.fuse(ranking, by: fusion, candidates: depth))
        }
        if let stage = try reranking?.stage(for: id, at: place) { stages.append(stage) }
        return stages + last
    }
}

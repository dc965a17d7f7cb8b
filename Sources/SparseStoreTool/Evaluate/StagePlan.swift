internal import SparseInterchange
internal import SparseStore

/// The stages after the first, for any query of a file.
struct StagePlan: Sendable {
    let feedback: Feedback?
    let run: TRECRun?
    let fusion: Fusion
    /// Documents of the answer so far that are fused.
    let depth: Int
    let reranking: Reranking?
    /// Those that are the same for all queries.
    let last: [SearchStage]

    /// The stages for the query at a place in the file. A query that the run does not have is fused with nothing.
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

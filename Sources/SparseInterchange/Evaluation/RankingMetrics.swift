public import SparseStore

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Computes metrics of a ranking against graded judgments, as trec_eval does.
public enum RankingMetrics {
    /// Sorts documents as trec_eval does, independent of their original order: by descending score, then by descending
    /// id.
    public static func evaluationOrder(_ hits: [ScoredDocument]) -> [ScoredDocument] {
        hits.sorted { first, second in
            if first.score != second.score { return first.score > second.score }
            return TextKey(second.id) < TextKey(first.id)
        }
    }

    /// Returns nDCG at `depth` (trec_eval's `ndcg_cut`): the gain is the grade, discounted by log2 of the rank plus
    /// one, divided by the gain of the best possible ranking of all judged documents. 0 if no judged document is
    /// relevant.
    public static func nDCG(_ hits: [ScoredDocument], grades: [TextKey: Int], depth: Int) -> Double {
        var gain = 0.0
        for (rank, hit) in evaluationOrder(hits).prefix(depth).enumerated() {
            gain += discounted(grades[TextKey(hit.id)] ?? 0, rank)
        }
        var ideal = 0.0
        for (rank, grade) in grades.values.sorted(by: >).prefix(depth).enumerated() { ideal += discounted(grade, rank) }
        return ideal > 0 ? gain / ideal : 0
    }

    /// Returns the reciprocal rank of the first relevant document within `depth`; 0 if there is none.
    public static func reciprocalRank(_ hits: [ScoredDocument], grades: [TextKey: Int], depth: Int) -> Double {
        let first = evaluationOrder(hits).prefix(depth).firstIndex { grades[TextKey($0.id)] ?? 0 > 0 }
        return first.map { 1 / Double($0 + 1) } ?? 0
    }

    private static func discounted(_ grade: Int, _ rank: Int) -> Double {
        grade > 0 ? Double(grade) / log2(Double(rank + 2)) : 0
    }
}

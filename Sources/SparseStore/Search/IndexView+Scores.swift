internal import SparseFormat

extension IndexView {
    /// Returns the exact scores of documents, in order; 0 for a document that shares no term with the query.
    func scores(of places: [DocumentPlace], _ query: ResolvedQuery, _ scratch: ScanScratch) throws -> [Float] {
        var scores = [Float](repeating: 0, count: places.count)
        let byMember = Dictionary(grouping: places.indices) { places[$0].member }
        for (member, positions) in byMember {
            let segment = members[member].segment
            let scorer = DocumentScorer(segment, query, scoring, scratch)
            defer { scorer.finish() }
            for position in positions {
                scores[position] = try scorer.score(vector(of: places[position]))
            }
        }
        return scores
    }
}

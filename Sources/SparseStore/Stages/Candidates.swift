internal import SparseFormat

/// The documents that one stage may score, best first as ranked by the previous stage, all from one snapshot.
public struct Candidates: Sendable, RandomAccessCollection {
    private let candidates: [Candidate]

    /// - Parameters:
    ///   - ranking: the documents.
    ///   - sources: what may be read of them, for each of the snapshots that are searched together.
    /// - Throws: `corrupted` if a document of the index is not stored.
    init(_ ranking: some Sequence<RankedDocument>, _ sources: [CandidateSource]) throws {
        candidates = try ranking.enumerated().map { rank, document in
            let source = sources[document.place.part]
            let documents = source.documents
            let number = try documents.withReader { reader in
                try IdentifierTable(tables: documents.tables, reader: reader).number(of: document.id)
            }
            guard let number else {
                throw SparseStoreError(
                    .corrupted,
                    "a document is indexed and its identifier is not stored; restore the store from a backup")
            }
            return Candidate(
                id: document.id, rank: rank, score: document.score, number: number, ranked: document.place,
                source: source)
        }
    }

    /// The position of the first candidate. Positions are ranks.
    public var startIndex: Int { 0 }
    /// The position after the last candidate.
    public var endIndex: Int { candidates.count }
    /// The candidate at a position.
    public subscript(position: Int) -> Candidate { candidates[position] }
}

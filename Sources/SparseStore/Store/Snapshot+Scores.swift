internal import LMDB
public import SparseFormat

extension Snapshot {
    /// Returns the exact scores of given documents, as a search with the same weighting would compute them.
    ///
    /// - Returns: One score for each identifier, in order: 0 for a document that shares no term with the query, nil for
    ///   a document that does not exist.
    /// - Throws: `invalidVector` for bad weights or duplicate terms, `termSpaceMismatch`, `limitExceeded` for a query
    ///   or a list of identifiers beyond its limit (`Limits.maximumResults`), `corrupted`.
    public func scores(
        _ query: Query, of ids: [String], weighting: Weighting = .none
    ) throws(SparseStoreError) -> [Float?] {
        try SparseStoreError.wrap {
            guard ids.count <= Limits.maximumResults else {
                throw SparseStoreError(
                    .limitExceeded, problem: "there are \(ids.count) identifiers to score",
                    remedy: "use at most \(Limits.maximumResults) per call")
            }
            let resolved = try resolve(query, weighting)
            let places = try places(of: ids)
            let scores = try source.scratch.withScratch { scratch in
                try view.scores(of: places.compactMap(\.self), resolved, state.scoring, scratch)
            }
            var next = scores.makeIterator()
            return places.map { $0 == nil ? nil : next.next() }
        }
    }

    /// Returns the index positions of documents, in order; nil for a document that does not exist.
    func places(of ids: [String]) throws -> [DocumentPlace?] {
        try view.read { reader in
            let identifiers = reader.ids
            return try ids.map { id in
                guard let number = try identifiers.number(of: id) else { return nil }
                guard let place = index.place(of: number) else {
                    throw SparseStoreError.corrupted("document number \(number) is stored but not indexed")
                }
                return place
            }
        }
    }
}

extension Snapshot {
    /// Returns the token vectors of a document as its codec stored them, or nil when the document does not exist or has
    /// none.
    public func multivector(_ id: String) throws(SparseStoreError) -> Multivector? {
        try SparseStoreError.wrap {
            try view.read { reader in
                let number = try reader.ids.number(of: id)
                return try number.flatMap(multivectors(reader).multivector)
            }
        }
    }

    var codebooks: CodebookCache { source.codebooks }

    func multivectors(_ reader: StoreReader) -> MultivectorTable {
        reader.multivectors(codebooks)
    }
}

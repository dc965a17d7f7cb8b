internal import LMDB
internal import SparseFormat

extension Snapshot: QueryCorpus {
    func terms(named names: [String]) throws -> [TermID?] {
        try view.read { reader in
            let table = reader.vocabulary
            return try source.vocabulary.resolve(names, termCount: manifest.nextTerm, table)
        }
    }

    func name(of term: TermID) throws -> String? {
        try view.read { try $0.vocabulary.name(of: term) }
    }

    func vector(of id: String) throws -> [(TermID, Float)]? {
        try view.read { reader in
            guard let number = try reader.ids.number(of: id) else { return nil }
            let vector = try reader.documents.existing(number).vector()
            return Array(zip(vector.terms, vector.weights))
        }
    }

    func frequencies(of terms: [TermID], in filter: Filter?) throws -> (documents: Int, counts: [Int]) {
        try frequencies(of: terms, in: filter, state.schema)
    }

    func frequencies(
        of terms: [TermID], in filter: Filter?, _ schema: AttributeSchema
    ) throws -> (documents: Int, counts: [Int]) {
        if let filter {
            let allowed = try allowed(filter, schema)
            return try source.scratch.withScratch { scratch in
                let counted = CountedDocuments(index: index, allowed: allowed, scratch: scratch)
                let frequencies = try counted.frequencies(of: Set(terms))
                return (counted.count, terms.map { frequencies[$0, default: 0] })
            }
        }
        return try view.read { reader in
            let statistics = reader.statistics
            let pending = try statistics.pendingChanges(manifest)
            let folded = try statistics.foldedFrequencies(of: terms)
            let counts = try zip(terms, folded).map { term, folded in
                try statistics.frequency(folded, pending[term, default: 0], manifest)
            }
            return (Int(manifest.documents), counts)
        }
    }

    func query(_ query: ResolvedQuery, in part: Int) -> ResolvedQuery { query }

    func components(_ components: [(TermID, Float)], of part: Int) -> [(TermID, Float)] { components }
}

internal import LMDB
internal import SparseFormat

/// Numbers the new terms of one write transaction.
struct VocabularyWriter {
    private let cache: VocabularyCache
    private let committed: UInt32
    private(set) var nextTerm: UInt32
    private var added: [TextKey: TermID] = [:]

    /// - Parameter termCount: The number of terms allocated by earlier commits.
    init(_ cache: VocabularyCache, termCount: UInt32) {
        self.cache = cache
        committed = termCount
        nextTerm = termCount
    }

    /// Returns the numbers of terms. New ones are written immediately, so that the transaction can read its own
    /// documents.
    mutating func numbers(of terms: [WeightedTerm], _ tables: Tables, _ writer: Writer) throws -> [TermID] {
        let table = VocabularyTable(tables: tables, reader: writer.reader)
        let known = try cache.resolve(terms.map(\.term), termCount: committed, table)
        return try zip(terms, known).map { term, known in
            let key = TextKey(term.term)
            if let id = known ?? added[key] { return id }
            guard nextTerm < UInt32.max else {
                throw SparseStoreError(
                    .limitExceeded, "the vocabulary has reached its limit of \(UInt32.max) terms; use another store")
            }
            let id = nextTerm
            try VocabularyTable.put(term.term, id: id, tables, writer)
            added[key] = id
            nextTerm += 1
            return id
        }
    }

    func publish() { cache.publish(added) }
}

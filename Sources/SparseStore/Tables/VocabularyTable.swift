internal import LMDB
internal import Platform
internal import SparseFormat

/// Maps term strings to term numbers and back, for stores whose terms are strings.
struct VocabularyTable {
    let reader: StoreReader

    func id(of name: String) throws -> TermID? {
        guard !name.isEmpty, name.utf8.count <= Limits.maximumTermBytes else { return nil }
        return try TermIDRecord(from: .vocabulary, key: Keys.termID(name), reader)?.id
    }

    func name(of id: TermID) throws -> String? {
        try TermNameRecord(from: .vocabulary, key: Keys.termName(id), reader)?.name
    }
}

extension StoreWriter {
    func putTerm(_ name: String, id: TermID) throws {
        try TermIDRecord(id: id).put(into: .vocabulary, key: Keys.termID(name), self)
        try TermNameRecord(name: name).put(into: .vocabulary, key: Keys.termName(id), self)
    }
}

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
    mutating func numbers(of terms: [WeightedTerm], _ writer: StoreWriter) throws -> [TermID] {
        let table = writer.reader.vocabulary
        let known = try cache.resolve(terms.map(\.term), termCount: committed, table)
        return try zip(terms, known).map { term, known in
            let key = TextKey(term.term)
            if let id = known ?? added[key] { return id }
            guard nextTerm < UInt32.max else {
                throw SparseStoreError(
                    .limitExceeded, problem: "the vocabulary has reached its limit of \(UInt32.max) terms",
                    remedy: "use another store")
            }
            let id = nextTerm
            try writer.putTerm(term.term, id: id)
            added[key] = id
            nextTerm += 1
            return id
        }
    }

    func publish() { cache.publish(added) }
}

/// Caches committed term numbers across transactions and threads of one process.
///
/// Invariant: it contains only committed numbers. A committed number never changes, so an entry is valid for every
/// snapshot whose manifest has allocated more numbers than it.
final class VocabularyCache: Sendable {
    private let known = Lock<[TextKey: TermID]>([:])

    /// Returns the numbers of `names`; nil for a term that is not in the table or was not in the snapshot with
    /// `termCount` terms.
    func resolve(_ names: [String], termCount: UInt32, _ table: VocabularyTable) throws -> [TermID?] {
        try known.withLock { known in
            try names.map { name in
                let key = TextKey(name)
                if let id = known[key] { return id < termCount ? id : nil }
                guard let id = try table.id(of: name) else { return nil }
                // A write transaction also reads its own new terms. If it aborts, other terms get their numbers.
                if id < termCount { known[key] = id }
                return id
            }
        }
    }

    /// Forgets everything, for a file whose numbers may be others.
    func clear() { known.withLock { $0 = [:] } }

    /// Adds the terms of a commit that has just become durable.
    func publish(_ added: [TextKey: TermID]) {
        guard !added.isEmpty else { return }
        known.withLock { $0.merge(added) { current, _ in current } }
    }
}

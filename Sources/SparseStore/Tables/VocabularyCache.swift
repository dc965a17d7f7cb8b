internal import LMDB
internal import SparseFormat

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

internal import LMDB
internal import SparseFormat

/// Committed term numbers, remembered across transactions and threads of one process.
///
/// Invariant: it holds only what some commit holds. A committed number never changes, so an entry is right for every
/// snapshot whose manifest has handed out more numbers than it.
final class VocabularyCache: Sendable {
    private let known = Lock<[TextKey: TermID]>([:])

    /// The numbers of `names`, nil for a term that the table does not have or the snapshot with `termCount` terms did
    /// not have.
    func resolve(_ names: [String], termCount: UInt32, _ table: VocabularyTable) throws -> [TermID?] {
        try known.withLock { known in
            try names.map { name in
                let key = TextKey(name)
                if let id = known[key] { return id < termCount ? id : nil }
                guard let id = try table.id(of: name) else { return nil }
                // A write transaction reads its own new terms too, and may abort: then others get their numbers.
                if id < termCount { known[key] = id }
                return id
            }
        }
    }

    /// Takes in what a commit has just made durable.
    func publish(_ added: [TextKey: TermID]) {
        guard !added.isEmpty else { return }
        known.withLock { $0.merge(added) { current, _ in current } }
    }
}

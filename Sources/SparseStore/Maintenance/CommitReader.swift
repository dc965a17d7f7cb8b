internal import LMDB

/// Reads one commit, even after damage. liblmdb refuses all reads of a transaction that has met a damaged page, so a
/// new transaction is needed.
final class CommitReader {
    /// A transaction that is kept so that the data read in it stays valid.
    private final class Held {
        let transaction: ReadTransaction
        init(_ transaction: consuming ReadTransaction) { self.transaction = transaction }
    }

    let tables: Tables
    private let environment: Environment
    private var held: [Held]
    private(set) var reader: Reader

    init(_ environment: Environment, _ tables: Tables) throws {
        self.environment = environment
        self.tables = tables
        let first = Held(try environment.beginRead())
        held = [first]
        reader = first.transaction.reader
    }

    /// Begins a new transaction. Returns false, with nothing changed, if another commit was made meanwhile or there
    /// were too many transactions.
    ///
    /// - Parameter isLast: Whether earlier transactions other than the first are no longer used.
    func renew(isLast: Bool = false) throws -> Bool {
        guard isLast || held.count < Self.maximumTransactions else { return false }
        let next = Held(try environment.beginRead())
        guard let first = held.first, next.transaction.id == first.transaction.id else { return false }
        held = (isLast ? [first] : held) + [next]
        reader = next.transaction.reader
        return true
    }

    /// The maximum number of transactions. Each holds a slot of the reader table.
    private static let maximumTransactions = 64
}

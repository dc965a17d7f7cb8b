internal import LMDB

/// Reads one commit, even after damage: liblmdb refuses every read of a transaction in which one has met a damaged page, so
/// that the next must be begun.
final class CommitReader {
    /// A transaction, kept so that what was read in it stays where it is.
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

    /// Begins a new transaction. False, and nothing changed, when another commit has come meanwhile, or when it has happened
    /// too often.
    ///
    /// - Parameter isLast: nobody uses the earlier ones any more, but for the first.
    func renew(isLast: Bool = false) throws -> Bool {
        guard isLast || held.count < Self.maximumTransactions else { return false }
        let next = Held(try environment.beginRead())
        guard let first = held.first, next.transaction.id == first.transaction.id else { return false }
        held = (isLast ? [first] : held) + [next]
        reader = next.transaction.reader
        return true
    }

    /// Each holds a slot of the reader table.
    private static let maximumTransactions = 64
}

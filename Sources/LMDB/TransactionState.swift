import CLMDB
import SystemPackage

/// What a transaction's handle, its readers and its cursors share. Once `pointer` is gone every call answers with a
/// typed error, so a reader or cursor kept too long cannot touch freed memory of liblmdb.
/// Not synchronised: a transaction belongs to one thread at a time.
final class TransactionState {
    let environment: Environment
    let isWrite: Bool
    private(set) var pointer: OpaquePointer?
    /// The first failure after which the transaction must not commit, kept here because a body may swallow or wrap
    /// what was thrown at it, and because map growth must still be recognised then.
    var failure: (any Error)?
    /// Tables made in this transaction; the environment learns of them when it commits.
    var createdTables: [Table] = []

    init(environment: Environment, pointer: OpaquePointer, isWrite: Bool) {
        self.environment = environment
        self.pointer = pointer
        self.isWrite = isWrite
    }

    /// Takes the pointer for the call that ends the transaction.
    func take() -> OpaquePointer? {
        defer { pointer = nil }
        return pointer
    }

    func live(_ operation: String) throws(LMDBError) -> OpaquePointer {
        // liblmdb would answer with a code that no longer tells what had happened.
        if let failure, let failure = failure as? LMDBError { throw failure }
        guard let pointer else {
            throw LMDBError(
                .closed, "the transaction has ended; nothing of it may be used any more", operation: operation,
                path: environment.path.string)
        }
        return pointer
    }

    func error(_ status: Int32, _ operation: String) -> LMDBError {
        environment.failure(status, operation: operation)
    }

    var mapIsFull: Bool {
        (failure as? LMDBError)?.underlying == MDB_MAP_FULL
    }
}

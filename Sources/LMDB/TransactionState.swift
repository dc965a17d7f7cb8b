import CLMDB
import SystemPackage

/// The state that a transaction shares with its readers and cursors. Once `pointer` is nil every call throws a typed
/// error, so a reader or cursor that is kept too long cannot touch freed memory of liblmdb. Not synchronized: only one
/// thread may use a transaction at a time.
final class TransactionState {
    let environment: Environment
    let isWrite: Bool
    private(set) var pointer: OpaquePointer?
    /// The first failure after which the transaction must not commit. It is kept here because a body may swallow or
    /// wrap the error, and the need to grow the map must still be recognized then.
    var failure: (any Error)?
    /// The tables created in this transaction; the environment adds them when it commits.
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
        // liblmdb would return a code that no longer shows what happened.
        if let failure, let failure = failure as? LMDBError { throw failure }
        guard let pointer else {
            throw LMDBError(
                .closed, "the transaction has ended; begin a new transaction", operation: operation,
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

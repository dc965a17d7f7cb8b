import CLMDB
internal import Platform
import SystemPackage

/// The write transaction that the body of `Environment.write` receives. It commits when the body returns.
package struct LMDBWriteTransaction: ~Copyable {
    private let state: TransactionState
    package let id: UInt64

    init(state: TransactionState, id: UInt64) {
        self.state = state
        self.id = id
    }

    /// Reads see what this transaction has written so far.
    package var reader: Reader { Reader(state: state) }

    /// The operations that change the database. The value may be stored, and throws an error once the transaction has
    /// ended.
    package var writer: Writer { Writer(state: state) }
}

extension Environment {
    private enum Outcome<R> {
        case committed(R)
        case mapFull
    }

    /// Runs the body in the write transaction, on the calling thread, and commits. If the body throws, the transaction
    /// is aborted.
    ///
    /// The body may run again: if the map is full, the transaction is aborted, the map grows, and the body is repeated.
    /// There is one writer at a time over all processes; others wait as specified by `EnvironmentOptions.waiting`. A
    /// write inside a write on the same thread is an error.
    ///
    /// - Parameter isCancelled: Called while the write waits for others; if it returns true, the call throws
    ///   `cancelled`.
    package func write<R>(
        isCancelled: () -> Bool = { false }, _ body: (borrowing LMDBWriteTransaction) throws -> R
    ) throws -> R {
        try requireSameProcess("write")
        guard !options.isReadOnly else {
            throw LMDBError(
                .readOnly, problem: "the environment was opened read-only",
                remedy: "open it for writing", operation: "write", path: path.string)
        }
        try acquireWriter("write", isCancelled: isCancelled)
        defer { releaseWriter() }
        try requireDurableName("write")
        while true {
            switch try runWrite(body) {
            case .committed(let result): return result
            case .mapFull: try growMap("write")
            }
        }
    }

    private func runWrite<R>(_ body: (borrowing LMDBWriteTransaction) throws -> R) throws -> Outcome<R> {
        let state = try beginWrite()
        defer { leave() }
        let result: Result<R, any Error>
        do {
            result = .success(try body(LMDBWriteTransaction(state: state, id: UInt64(mdb_txn_id(state.pointer)))))
        } catch {
            result = .failure(error)
        }
        guard let transaction = state.take() else { throw closedError("write") }
        // In a child that was forked inside the body, the transaction and its locks belong to the parent.
        try requireSameProcess("write")
        if case .success(let value) = result, state.failure == nil {
            let status = mdb_txn_commit(transaction)
            if status == MDB_MAP_FULL { return .mapFull }
            guard status == MDB_SUCCESS else { throw failure(status, operation: "commit") }
            tables.withLock { known in
                for table in state.createdTables { known[table.name] = table }
            }
            return .committed(value)
        }
        mdb_txn_abort(transaction)
        // The body may have thrown its own error because of the full map; it is still repeated.
        if state.mapIsFull { return .mapFull }
        if case .failure(let error) = result { throw error }
        throw state.failure ?? closedError("write")
    }

    private func beginWrite() throws(LMDBError) -> TransactionState {
        while true {
            let handle = try enter("write")
            var transaction: OpaquePointer?
            let status = mdb_txn_begin(handle, nil, 0, &transaction)
            if status == MDB_SUCCESS, let transaction {
                do throws(LMDBError) {
                    try requireInPlace("write")
                } catch {
                    mdb_txn_abort(transaction)
                    leave()
                    throw error
                }
                return TransactionState(environment: self, pointer: transaction, isWrite: true)
            }
            let error = failure(status, operation: "write")
            leave()
            guard status == MDB_MAP_RESIZED else { throw error }
            try adoptMap("write")
        }
    }

    /// Throws if the file has lost its name, so that a commit would be lost silently, or if another process uses a
    /// different lock file, so that two processes would write at once.
    ///
    /// A missing lock file is not an error: a process that finds the lock on the data file does not create another lock
    /// file.
    private func requireInPlace(_ operation: String) throws(LMDBError) {
        let (identity, lockFile, dataLock) = gate.withLock { ($0.identity, $0.lockFile, $0.dataLock) }
        guard let identity else { return }
        var status = stat()
        guard stat(canonicalPath, &status) == 0, FileIdentity(status) == identity else {
            throw LMDBError(
                .needsReopen, problem: "the file was removed or replaced while it was open",
                remedy: "close it and open it again", operation: operation, path: path.string)
        }
        guard lockFile?.isInPlace(at: Self.lockPath(canonicalPath)) ?? true else {
            throw LMDBError(
                .needsReopen, problem: "the lock file was replaced while the file was open",
                remedy: "close it and open it again", operation: operation, path: path.string)
        }
        // A process that is just opening the file, and is about to find this process, is gone in a moment.
        var patience = 100
        while let dataLock, dataLock.isContested {
            guard patience > 0 else { throw Self.contestedError(operation, path) }
            patience -= 1
            usleep(1_000)
        }
    }

    // MARK: The writer's turn

    /// Waits for the write turn, first among the threads of this process and then among the processes. liblmdb's own
    /// lock would be enough, but its wait cannot be canceled, it does not report its holder, and it is not fair.
    func acquireWriter(_ operation: String, isCancelled: () -> Bool = { false }) throws(LMDBError) {
        let me = currentThread()
        let ticket = try writer.withLock { (queue) throws(LMDBError) in
            guard !queue.isOwned(by: me) else {
                throw LMDBError(
                    .invalidArgument, problem: "this thread is already in a write transaction",
                    remedy: "use that transaction", operation: operation, path: path.string)
            }
            return queue.takeTicket()
        }
        var patience = Patience(options.waiting, operation, path.string)
        var isMine = false
        while !isMine {
            do throws(LMDBError) {
                try patience.check(isCancelled: isCancelled) { WriterWait.Holder.thread }
            } catch {
                writer.withLock { $0.abandon(ticket) }
                throw error
            }
            isMine = writer.withLock(waitingUpTo: Patience.threadStep, until: { $0.isTurn(of: ticket) }) {
                queue, isTurn in
                if isTurn { queue.begin(me) }
                return isTurn
            }
        }
        do throws(LMDBError) {
            // Done under the gate's lock, because the lock file is closed with the environment. A file that is being
            // created has none.
            while !gate.withLock({ $0.lockFile?.lockWriter() ?? true }) {
                try patience.check(isCancelled: isCancelled) {
                    gate.withLock { $0.lockFile?.writer }.map { .process($0) } ?? .anotherProcess
                }
                patience.pause()
            }
        } catch {
            writer.withLock { $0.end() }
            throw error
        }
    }

    func releaseWriter() {
        if isSameProcess { gate.withLock { $0.lockFile?.unlockWriter() } }
        writer.withLock { $0.end() }
    }

    package var isWriterThread: Bool {
        let me = currentThread()
        return writer.withLock { $0.isOwned(by: me) }
    }

    /// Gives writers of other processes a chance between many small transactions of one thread. liblmdb's lock goes to
    /// the first process that asks for it after its release.
    package func letOthersWrite() {
        usleep(1_000)
    }
}

/// Not inlined: optimized code has been seen to keep an old result across a change of thread.
@inline(never)
private func currentThread() -> pthread_t { pthread_self() }

/// A view of the write transaction that can be passed around, as `Reader` is for any transaction. Once the transaction
/// has ended, every call throws a typed error. Only one thread may use it at a time.
package struct Writer {
    let state: TransactionState

    /// Reads see what this transaction has written so far.
    package var reader: Reader { Reader(state: state) }

    package func put(
        _ table: Table, _ key: some LMDBKey, _ value: UnsafeRawBufferPointer, mode: PutMode = .upsert
    ) throws(LMDBError) {
        let transaction = try begin("put", valueBytes: value.count)
        let status: Int32? = key.withKeyBytes { bytes in
            guard (1...maximumKeyBytes).contains(bytes.count) else { return nil }
            var key = MDB_val(bytes)
            var value = MDB_val(value)
            return mdb_put(transaction, table.handle, &key, &value, mode.flags)
        }
        try check(status, "put")
    }

    package func put(
        _ table: Table, _ key: some LMDBKey, _ value: [UInt8], mode: PutMode = .upsert
    ) throws(LMDBError) {
        // The closure cannot throw a typed error through the standard library's rethrows, so it stores the error.
        let outcome = value.withUnsafeBytes { bytes in
            Result { () throws(LMDBError) in try put(table, key, bytes, mode: mode) }
        }
        try outcome.get()
    }

    /// Writes a value in place, without a copy. The memory is zeroed first, so a body that fills too little cannot leak
    /// the process's memory into the file. If the body throws, the transaction can no longer commit.
    package func reserve(
        _ table: Table, _ key: some LMDBKey, count: Int, mode: PutMode = .upsert,
        _ fill: (UnsafeMutableRawBufferPointer) throws -> Void
    ) throws {
        let transaction = try begin("reserve", valueBytes: count)
        var place = MDB_val(mv_size: count, mv_data: nil)
        let status: Int32? = key.withKeyBytes { bytes in
            guard (1...maximumKeyBytes).contains(bytes.count) else { return nil }
            var key = MDB_val(bytes)
            return mdb_put(transaction, table.handle, &key, &place, mode.flags | UInt32(MDB_RESERVE))
        }
        try check(status, "reserve")
        let bytes = UnsafeMutableRawBufferPointer(start: place.mv_data, count: place.mv_size)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        do {
            try fill(bytes)
        } catch {
            if state.failure == nil { state.failure = error }
            throw error
        }
    }

    /// Returns whether the key existed.
    package func delete(_ table: Table, _ key: some LMDBKey) throws(LMDBError) -> Bool {
        let transaction = try begin("delete", valueBytes: 0)
        let status: Int32? = key.withKeyBytes { bytes in
            guard (1...maximumKeyBytes).contains(bytes.count) else { return MDB_NOTFOUND }
            var key = MDB_val(bytes)
            return mdb_del(transaction, table.handle, &key, nil)
        }
        if status == MDB_NOTFOUND { return false }
        try check(status, "delete")
        return true
    }

    /// Creates the table, or opens it if it exists. Others may use it once this transaction has committed.
    package func createTable(named name: String) throws(LMDBError) -> Table {
        let transaction = try begin("createTable", valueBytes: 0)
        var handle: MDB_dbi = 0
        try check(Environment.openTable(named: name, in: transaction, create: true, &handle), "createTable")
        let table = Table(name: name, handle: handle)
        state.createdTables.append(table)
        return table
    }

    private func begin(_ operation: String, valueBytes: Int) throws(LMDBError) -> OpaquePointer {
        guard (0..<Int(UInt32.max)).contains(valueBytes) else {
            throw state.error(MDB_BAD_VALSIZE, operation)
        }
        return try state.live(operation)
    }

    private func check(_ status: Int32?, _ operation: String) throws(LMDBError) {
        guard let status else { throw state.environment.invalidKey(operation) }
        guard status != MDB_SUCCESS else { return }
        let error = state.error(status, operation)
        // These two errors leave the transaction usable; after any other, liblmdb refuses to commit it.
        if state.failure == nil, error.code != .keyExists, error.code != .invalidArgument { state.failure = error }
        throw error
    }
}

extension PutMode {
    var flags: UInt32 {
        switch self {
        case .upsert: 0
        case .append: UInt32(MDB_APPEND)
        }
    }
}

/// How a put treats an existing key.
package enum PutMode: Sendable, Hashable {
    case upsert
    /// The key must sort after every key of the table (otherwise `keyExists`). This is the fast way to load sorted
    /// data.
    case append
}

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
    fileprivate var createdTables: [Table] = []

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
                .closed, problem: "the transaction has ended",
                remedy: "begin a new transaction", operation: operation, path: environment.path.string)
        }
        return pointer
    }

    func error(_ status: Int32, _ operation: String) -> LMDBError {
        environment.failure(status, operation: operation)
    }

    fileprivate var mapIsFull: Bool {
        (failure as? LMDBError)?.underlying == MDB_MAP_FULL
    }
}

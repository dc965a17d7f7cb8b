import CLMDB
import SystemPackage

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

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
        isCancelled: () -> Bool = { false }, _ body: (borrowing WriteTransaction) throws -> R
    ) throws -> R {
        try requireSameProcess("write")
        guard !options.isReadOnly else {
            throw LMDBError(
                .readOnly, "the environment was opened read-only; open it for writing", operation: "write",
                path: path.string)
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

    private func runWrite<R>(_ body: (borrowing WriteTransaction) throws -> R) throws -> Outcome<R> {
        let state = try beginWrite()
        defer { leave() }
        let result: Result<R, any Error>
        do {
            result = .success(try body(WriteTransaction(state: state, id: UInt64(mdb_txn_id(state.pointer)))))
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
                .needsReopen, "the file was removed or replaced while it was open; close it and open it again",
                operation: operation, path: path.string)
        }
        guard lockFile?.isInPlace(at: Self.lockPath(canonicalPath)) ?? true else {
            throw LMDBError(
                .needsReopen, "the lock file was replaced while the file was open; close it and open it again",
                operation: operation, path: path.string)
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
    /// lock would be enough, but its wait cannot be cancelled, it does not report its holder, and it is not fair.
    func acquireWriter(_ operation: String, isCancelled: () -> Bool = { false }) throws(LMDBError) {
        let me = currentThread()
        let ticket = try writer.withLock { (queue) throws(LMDBError) in
            guard !queue.isOwned(by: me) else {
                throw LMDBError(
                    .invalidArgument, "this thread is already in a write transaction; use that transaction",
                    operation: operation, path: path.string)
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

    /// Lets writers of other processes in, for a thread that writes in many small transactions: liblmdb's lock goes to
    /// whoever asks first once it is free.
    package func letOthersWrite() {
        usleep(1_000)
    }
}

/// Not inlined: optimized code has been seen to keep an old result across a change of thread.
@inline(never)
private func currentThread() -> pthread_t { pthread_self() }

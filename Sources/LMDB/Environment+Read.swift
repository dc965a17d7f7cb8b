import CLMDB

extension Environment {
    package func beginRead() throws(LMDBError) -> ReadTransaction {
        while true {
            let (handle, idle, dataLock) = try enter("beginRead") { state, handle in
                (handle, state.idleReads.popLast(), state.lockFile == nil ? state.dataLock : nil)
            }
            var transaction = idle
            let status =
                if let idle { mdb_txn_renew(idle) } else {
                    mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &transaction)
                }
            if status == MDB_SUCCESS, let transaction {
                if let dataLock, !dataLock.keepsWritersOut, dataLock.hasWriter {
                    mdb_txn_abort(transaction)
                    leave()
                    throw Self.writtenError("beginRead", path)
                }
                let id = UInt64(mdb_txn_id(transaction))
                return ReadTransaction(
                    state: TransactionState(environment: self, pointer: transaction, isWrite: false), id: id)
            }
            // A transaction that cannot be renewed still has its slot and its memory.
            if let idle { mdb_txn_abort(idle) }
            let error = failure(status, operation: "beginRead")
            leave()
            guard status == MDB_MAP_RESIZED else { throw error }
            try adoptMap("beginRead")
        }
    }

    func end(read state: TransactionState) {
        guard let transaction = state.take() else { return }
        // In a forked child the reader's slot still belongs to the parent: clearing it would free the pages that the
        // parent reads.
        guard isSameProcess else { return }
        mdb_txn_reset(transaction)
        let isKept = gate.withLock { state in
            guard state.idleReads.count < options.maximumIdleReads, !state.isClosing, !state.needsReopen else {
                return false
            }
            state.idleReads.append(transaction)
            state.uses -= 1
            return true
        }
        if isKept { return }
        mdb_txn_abort(transaction)
        leave()
    }
}

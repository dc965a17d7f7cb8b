import CLMDB

extension Environment {
    package func beginRead() throws(LMDBError) -> ReadTransaction {
        while true {
            let handle = try enter("beginRead")
            var transaction: OpaquePointer?
            let status = mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &transaction)
            if status == MDB_SUCCESS, let transaction {
                let id = UInt64(mdb_txn_id(transaction))
                return ReadTransaction(
                    state: TransactionState(environment: self, pointer: transaction, isWrite: false), id: id)
            }
            let error = failure(status, operation: "beginRead")
            leave()
            guard status == MDB_MAP_RESIZED else { throw error }
            try adoptMap("beginRead")
        }
    }

    func end(read state: TransactionState) {
        guard let transaction = state.take() else { return }
        // In a forked child the reader's slot is still the parent's: clearing it would free the pages it reads.
        guard isSameProcess else { return }
        mdb_txn_abort(transaction)
        leave()
    }
}

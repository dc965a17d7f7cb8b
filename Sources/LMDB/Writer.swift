import CLMDB

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

/// The one write transaction, as the body of `Environment.write` sees it. It commits when the body returns.
package struct WriteTransaction: ~Copyable {
    private let state: TransactionState
    package let id: UInt64

    init(state: TransactionState, id: UInt64) {
        self.state = state
        self.id = id
    }

    /// Reads see what this transaction has written so far.
    package var reader: Reader { Reader(state: state) }

    /// For code that keeps the transaction in a value of its own. The calls below are its calls.
    package var writer: Writer { Writer(state: state) }

    package func put(
        _ table: Table, _ key: some LMDBKey, _ value: UnsafeRawBufferPointer, mode: PutMode = .upsert
    ) throws(LMDBError) {
        try writer.put(table, key, value, mode: mode)
    }

    package func put(
        _ table: Table, _ key: some LMDBKey, _ value: [UInt8], mode: PutMode = .upsert
    ) throws(LMDBError) {
        try writer.put(table, key, value, mode: mode)
    }

    package func reserve(
        _ table: Table, _ key: some LMDBKey, count: Int, mode: PutMode = .upsert,
        _ fill: (UnsafeMutableRawBufferPointer) throws -> Void
    ) throws {
        try writer.reserve(table, key, count: count, mode: mode, fill)
    }

    package func delete(_ table: Table, _ key: some LMDBKey) throws(LMDBError) -> Bool {
        try writer.delete(table, key)
    }

    package func removeAll(_ table: Table) throws(LMDBError) {
        try writer.removeAll(table)
    }

    package func createTable(named name: String) throws(LMDBError) -> Table {
        try writer.createTable(named: name)
    }
}

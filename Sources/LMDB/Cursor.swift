import CLMDB

/// A position in a table. Its entries are in the map, like the values of a reader. A cursor is closed when it goes out
/// of scope, which must happen before its transaction ends; a cursor that is kept longer throws an error.
package struct Cursor: ~Copyable {
    package struct Entry {
        package let key: UnsafeRawBufferPointer
        package let value: UnsafeRawBufferPointer
    }

    private let state: TransactionState
    private let pointer: OpaquePointer

    init(state: TransactionState, pointer: OpaquePointer) {
        self.state = state
        self.pointer = pointer
    }

    deinit {
        // liblmdb frees the cursors of a write transaction when it ends. The owner frees those of a read transaction.
        if state.pointer != nil || !state.isWrite { mdb_cursor_close(pointer) }
    }

    package mutating func first() throws(LMDBError) -> Entry? { try move(MDB_FIRST, "first") }

    /// Moves to the first entry if the cursor has no position yet.
    package mutating func next() throws(LMDBError) -> Entry? { try move(MDB_NEXT, "next") }

    /// The empty key is not a valid key, but every key sorts after it.
    package mutating func seek(atOrAfter key: some LMDBKey) throws(LMDBError) -> Entry? {
        _ = try state.live("seek")
        var foundKey = MDB_val()
        var value = MDB_val()
        let status: Int32? = key.withKeyBytes { bytes in
            guard bytes.count <= maximumKeyBytes else { return nil }
            if bytes.isEmpty { return mdb_cursor_get(pointer, &foundKey, &value, MDB_FIRST) }
            foundKey = MDB_val(bytes)
            return mdb_cursor_get(pointer, &foundKey, &value, MDB_SET_RANGE)
        }
        guard let status else { throw state.environment.invalidKey("seek") }
        return try entry(status, foundKey, value, "seek")
    }

    private mutating func move(_ operation: MDB_cursor_op, _ name: String) throws(LMDBError) -> Entry? {
        _ = try state.live(name)
        var key = MDB_val()
        var value = MDB_val()
        return try entry(mdb_cursor_get(pointer, &key, &value, operation), key, value, name)
    }

    private func entry(_ status: Int32, _ key: MDB_val, _ value: MDB_val, _ name: String) throws(LMDBError) -> Entry? {
        if status == MDB_NOTFOUND { return nil }
        guard status == MDB_SUCCESS else { throw state.error(status, name) }
        return Entry(key: key.bytes, value: value.bytes)
    }
}

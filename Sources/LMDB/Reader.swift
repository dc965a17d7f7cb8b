import CLMDB

/// A view of a transaction that can be passed around. The bytes it returns are in the map. They are valid until the
/// transaction ends, or in a write transaction until its next write. Values are only aligned to two bytes, so load them
/// unaligned. Like its transaction, it must be used by one thread at a time.
package struct Reader {
    let state: TransactionState

    package func get(_ table: Table, _ key: some LMDBKey) throws(LMDBError) -> UnsafeRawBufferPointer? {
        let transaction = try state.live("get")
        var value = MDB_val()
        let status = key.withKeyBytes { bytes in
            // An invalid key is in no table; liblmdb would report a size error.
            guard (1...maximumKeyBytes).contains(bytes.count) else { return MDB_NOTFOUND }
            var key = MDB_val(bytes)
            return mdb_get(transaction, table.handle, &key, &value)
        }
        if status == MDB_NOTFOUND { return nil }
        guard status == MDB_SUCCESS else { throw state.error(status, "get") }
        return value.bytes
    }

    package func cursor(_ table: Table) throws(LMDBError) -> Cursor {
        let transaction = try state.live("cursor")
        var cursor: OpaquePointer?
        let status = mdb_cursor_open(transaction, table.handle, &cursor)
        guard status == MDB_SUCCESS, let cursor else { throw state.error(status, "cursor") }
        return Cursor(state: state, pointer: cursor)
    }

    package func statistics(_ table: Table) throws(LMDBError) -> TableStatistics {
        let transaction = try state.live("statistics")
        var raw = MDB_stat()
        let status = mdb_stat(transaction, table.handle, &raw)
        guard status == MDB_SUCCESS else { throw state.error(status, "statistics") }
        let pages = [raw.ms_branch_pages, raw.ms_leaf_pages, raw.ms_overflow_pages].map(Int.init(truncatingIfNeeded:))
        // A damaged record may have any value: wrap instead of trapping.
        let total = pages.reduce(0) { $0.addingReportingOverflow($1).partialValue }
        return TableStatistics(
            entries: Int(truncatingIfNeeded: raw.ms_entries), depth: Int(raw.ms_depth), branchPages: pages[0],
            leafPages: pages[1], overflowPages: pages[2],
            bytes: total.multipliedReportingOverflow(by: Int(raw.ms_psize)).partialValue)
    }
}

extension MDB_val {
    init(_ bytes: UnsafeRawBufferPointer) {
        self.init(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
    }

    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: mv_data, count: mv_size)
    }
}

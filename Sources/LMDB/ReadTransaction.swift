import CLMDB
internal import Platform

/// One consistent state of the database. It ends when it goes out of scope. It may move between threads, but only one
/// may use it at a time. Keep it short: pages freed after it began cannot be reused while it lives.
package struct LMDBReadTransaction: ~Copyable, @unchecked Sendable {
    private let state: TransactionState
    /// The commit this transaction sees.
    package let id: UInt64

    init(state: TransactionState, id: UInt64) {
        self.state = state
        self.id = id
    }

    package var reader: Reader { Reader(state: state) }

    deinit {
        state.environment.end(read: state)
    }
}

extension Environment {
    package func beginRead() throws(LMDBError) -> LMDBReadTransaction {
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
                return LMDBReadTransaction(
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

    package func cursor(_ table: Table) throws(LMDBError) -> LMDBCursor {
        let transaction = try state.live("cursor")
        var cursor: OpaquePointer?
        let status = mdb_cursor_open(transaction, table.handle, &cursor)
        guard status == MDB_SUCCESS, let cursor else { throw state.error(status, "cursor") }
        return LMDBCursor(state: state, pointer: cursor)
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

/// The reader slots of all processes. liblmdb only provides them as text, one line per slot: process, thread, and the
/// commit that the reader sees or "-".
struct ReaderList {
    private(set) var inUse = 0
    /// The process IDs that hold a slot.
    private(set) var processes: Set<UInt32> = []
    /// The reader of the oldest commit; nil if there is none.
    private(set) var oldest: Slot?

    struct Slot {
        let process: UInt32
        /// The list as liblmdb prints it.
        let thread: String
        let transactionID: UInt64
    }

    var oldestTransactionID: UInt64? { oldest?.transactionID }

    init(_ handle: OpaquePointer) {
        withUnsafeMutablePointer(to: &self) { list in
            _ = mdb_reader_list(
                handle,
                { line, context in
                    guard let line, let context else { return 0 }
                    context.assumingMemoryBound(to: ReaderList.self).pointee.add(String(cString: line))
                    return 0
                }, list)
        }
    }

    init(lines: [String]) {
        for line in lines { add(line) }
    }

    private mutating func add(_ line: String) {
        let fields = line.split(whereSeparator: \.isWhitespace)
        guard fields.count == 3, let process = UInt32(fields[0]) else { return }
        processes.insert(process)
        // A slot without a commit is kept for a later transaction.
        guard let id = UInt64(fields[2]) else { return }
        inUse += 1
        guard oldest.map({ id < $0.transactionID }) ?? true else { return }
        oldest = Slot(process: process, thread: String(fields[1]), transactionID: id)
    }
}

/// A position in a table. Its entries are in the map, like the values of a reader. A cursor is closed when it goes out
/// of scope, which must happen before its transaction ends; a cursor that is kept longer throws an error.
package struct LMDBCursor: ~Copyable {
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
        // The compiler of Swift 6.1 does not end a borrow of this value if both operands name its property.
        let state = state
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
        return try entry(status, key: foundKey, value: value, name: "seek")
    }

    private mutating func move(_ operation: MDB_cursor_op, _ name: String) throws(LMDBError) -> Entry? {
        _ = try state.live(name)
        var key = MDB_val()
        var value = MDB_val()
        return try entry(mdb_cursor_get(pointer, &key, &value, operation), key: key, value: value, name: name)
    }

    private func entry(_ status: Int32, key: MDB_val, value: MDB_val, name: String) throws(LMDBError) -> Entry? {
        if status == MDB_NOTFOUND { return nil }
        guard status == MDB_SUCCESS else { throw state.error(status, name) }
        return Entry(key: key.bytes, value: value.bytes)
    }
}

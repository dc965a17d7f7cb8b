import CPlainLMDB
import Measure

/// Plain LMDB: one table, one put per document, one sync per transaction.
final class PlainLMDB {
    private let environment: OpaquePointer
    private var table: MDB_dbi = 0

    /// Creates the file at `path`, with the flags that the engine uses.
    init(path: String) throws {
        var made: OpaquePointer?
        try Self.check(mdb_env_create(&made), "create")
        guard let made else { throw Failure("LMDB did not create an environment") }
        environment = made
        try Self.check(mdb_env_set_mapsize(environment, 1 << 36), "map size")
        let flags = UInt32(MDB_NOSUBDIR | MDB_NOTLS | MDB_NORDAHEAD)
        try Self.check(mdb_env_open(environment, path, flags, 0o600), "open")
        try transaction { transaction in
            try Self.check(mdb_dbi_open(transaction, nil, 0, &table), "table")
        }
    }

    deinit { mdb_env_close(environment) }

    /// Puts all pairs in one transaction and returns when they are on disk.
    func put(_ pairs: ArraySlice<(key: [UInt8], value: [UInt8])>) throws {
        try transaction { transaction in
            for pair in pairs {
                try pair.key.withUnsafeBytes { key in
                    try pair.value.withUnsafeBytes { value in
                        // LMDB reads through these pointers and does not write.
                        var keyBytes = Self.bytes(key)
                        var valueBytes = Self.bytes(value)
                        try Self.check(mdb_put(transaction, table, &keyBytes, &valueBytes, 0), "put")
                    }
                }
            }
        }
    }

    private func transaction(_ body: (OpaquePointer) throws -> Void) throws {
        var begun: OpaquePointer?
        try Self.check(mdb_txn_begin(environment, nil, 0, &begun), "begin")
        guard let begun else { throw Failure("LMDB did not begin a transaction") }
        do {
            try body(begun)
        } catch {
            mdb_txn_abort(begun)
            throw error
        }
        try Self.check(mdb_txn_commit(begun), "commit")
    }

    private static func bytes(_ buffer: UnsafeRawBufferPointer) -> MDB_val {
        MDB_val(mv_size: buffer.count, mv_data: UnsafeMutableRawPointer(mutating: buffer.baseAddress))
    }

    private static func check(_ status: Int32, _ step: String) throws {
        guard status == 0 else { throw Failure("LMDB: \(step): \(String(cString: mdb_strerror(status)))") }
    }
}

import CLMDB

/// The result of `mdb_env_info`. It reads through the map: call it only under the gate's lock, or while counted as a
/// use.
struct MapInformation {
    let mapSize: Int
    let pageSize: Int
    let lastPage: Int
    let maximumReaders: Int
    let lastTransactionID: UInt64

    init(_ handle: OpaquePointer) {
        var information = MDB_envinfo()
        mdb_env_info(handle, &information)
        var statistics = MDB_stat()
        mdb_env_stat(handle, &statistics)
        mapSize = Int(truncatingIfNeeded: information.me_mapsize)
        pageSize = Int(statistics.ms_psize)
        lastPage = Int(truncatingIfNeeded: information.me_last_pgno)
        maximumReaders = Int(information.me_maxreaders)
        lastTransactionID = UInt64(information.me_last_txnid)
    }

    var usedBytes: Int { (lastPage &+ 1).multipliedReportingOverflow(by: pageSize).partialValue }
}

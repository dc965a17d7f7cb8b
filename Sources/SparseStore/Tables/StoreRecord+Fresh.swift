internal import SparseFormat

#if canImport(Darwin)
    internal import Darwin
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Glibc
#endif

extension StoreRecord {
    /// Returns the record of a new store on this machine.
    static func fresh() -> StoreRecord {
        // LMDB's pages are the system's.
        StoreRecord(
            pageSize: UInt32(clamping: sysconf(Int32(_SC_PAGESIZE))), createdAt: UInt64(clamping: time(nil)),
            uuid: StoreUUID.random())
    }
}

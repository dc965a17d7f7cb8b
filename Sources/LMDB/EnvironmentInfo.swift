/// Statistics of the whole environment.
package struct EnvironmentInfo: Sendable, Hashable {
    package var mapSize: Int
    package var pageSize: Int
    /// The highest page number ever used. The file may end before it if the last pages are free.
    package var lastPage: Int
    /// The size of all pages up to `lastPage` in bytes, including free pages.
    package var usedBytes: Int
    package var fileBytes: Int
    package var maximumReaders: Int
    /// The number of live read transactions over all processes. An environment may keep a few more slots for later
    /// ones.
    package var readersInUse: Int
    package var lastTransactionID: UInt64
    /// Pages that deletes and rewrites have left for later writes to reuse. Only a compacting copy returns them to the
    /// system.
    package var freePages: Int
    /// The oldest commit that some reader still sees; pages freed since then cannot be reused.
    package var oldestReaderTransactionID: UInt64?
    /// The process of that reader, and its thread as named by liblmdb.
    package var oldestReaderProcess: UInt32?
    package var oldestReaderThread: String?
}

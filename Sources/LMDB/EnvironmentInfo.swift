/// A look at the whole environment, for statistics and monitoring.
package struct EnvironmentInfo: Sendable, Hashable {
    package var mapSize: Int
    package var pageSize: Int
    /// The highest page number ever used; the file may end before it, when the last pages are free.
    package var lastPage: Int
    /// `lastPage` as bytes, free pages included.
    package var usedBytes: Int
    package var fileBytes: Int
    package var maximumReaders: Int
    /// Read transactions alive, over all processes. An environment may keep a few more slots for its next ones.
    package var readersInUse: Int
    package var lastTransactionID: UInt64
    /// Pages that deletes and rewrites have left for later writes to use again; only a compacting copy gives them back.
    package var freePages: Int
    /// The oldest state some reader still holds; pages freed since then cannot be used again.
    package var oldestReaderTransactionID: UInt64?
    /// The process of that reader, and its thread as liblmdb names it.
    package var oldestReaderProcess: UInt32?
    package var oldestReaderThread: String?
}

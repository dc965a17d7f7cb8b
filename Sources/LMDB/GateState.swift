// The pointer is non-Sendable to the compiler; the monitor it lives in is what makes it safe.
/// What decides who may touch liblmdb's handle, all of it under one monitor.
///
/// | state      | condition                    | new transactions          | the handle                    |
/// |------------|------------------------------|---------------------------|-------------------------------|
/// | open       | none of the below            | begin                     | valid                         |
/// | draining   | `isRemapping`                | wait, at most drainTimeout| valid; map or file change when `uses` is 0 |
/// | poisoned   | `needsReopen`                | refused: `needsReopen`    | only closed, not asked        |
/// | closing    | `isClosing`, `handle` set    | refused: `closed`         | closed when `uses` is 0       |
/// | closed     | `isClosing`, `handle` nil    | refused: `closed`         | gone                          |
struct GateState {
    var handle: OpaquePointer?
    /// The open file. Reserved in `Registry` from before it was read until after the handle was closed; nil for files in
    /// the making, which no one else knows.
    var identity: FileIdentity?
    /// Whether the folder was synced since the file got its name. If not, a power cut can bring back the file that a
    /// compaction has replaced.
    var isNameDurable = true
    /// Both live as long as the handle. Nil for files in the making; the lock file also for a reader without locks.
    var lockFile: LockFile?
    var dataLock: DataFileLock?
    /// Ended read transactions, reset and ready to be renewed: that costs a fraction of beginning one. They see no
    /// commit, so they pin no pages and stand in nobody's way, but each keeps its reader slot.
    var idleReads: [OpaquePointer] = []
    /// Live transactions and other calls that need the handle and the map to stay.
    var uses = 0
    var isRemapping = false
    var isClosing = false
    var needsReopen = false
    var mapEpoch: UInt64 = 1
    /// Answers `lastTransactionID` once the handle may no longer be asked.
    var lastTransactionID: UInt64 = 0

    /// Once the handle is closed: lets go of what stood for the open file.
    mutating func forget() {
        dataLock?.close()
        dataLock = nil
        lockFile?.close()
        lockFile = nil
        if let identity { Registry.shared.release(identity) }
        identity = nil
    }
}

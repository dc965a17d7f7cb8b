// The pointer is non-Sendable to the compiler; the monitor that contains it makes it safe.
/// The state that decides who may use liblmdb's handle, protected by one monitor.
///
/// | state      | condition                    | new transactions          | the handle                    |
/// |------------|------------------------------|---------------------------|-------------------------------|
/// | open       | none of the below            | begin                     | valid                         |
/// | draining   | `isRemapping`                | wait, at most drainTimeout| valid; both may change at 0 uses |
/// | poisoned   | `needsReopen`                | refused: `needsReopen`    | only closed, not asked        |
/// | closing    | `isClosing`, `handle` set    | refused: `closed`         | closed when `uses` is 0       |
/// | closed     | `isClosing`, `handle` nil    | refused: `closed`         | gone                          |
struct GateState {
    var handle: OpaquePointer?
    /// The open file. It is reserved in `Registry` from before it was read until after the handle was closed; nil for
    /// files that are being created, which no other process knows.
    var identity: FileIdentity?
    /// Whether the folder was synced since the file got its name. If not, a power cut can bring back the file that a
    /// compaction has replaced.
    var isNameDurable = true
    /// Both live as long as the handle. Nil for files that are being created; the lock file is also nil for a reader
    /// without locks.
    var lockFile: LockFile?
    var dataLock: DataFileLock?
    /// Ended read transactions, reset and ready to be renewed, which is much cheaper than beginning one. They see no
    /// commit, so they pin no pages and block nothing, but each keeps its reader slot.
    var idleReads: [OpaquePointer] = []
    /// The number of live transactions and other calls that need the handle and the map.
    var uses = 0
    var isRemapping = false
    var isClosing = false
    var needsReopen = false
    var mapEpoch: UInt64 = 1
    /// The result of `lastTransactionID` once the handle must not be used anymore.
    var lastTransactionID: UInt64 = 0

    /// Releases the locks and the registration of the file. Called after the handle is closed.
    mutating func forget() {
        dataLock?.close()
        dataLock = nil
        lockFile?.close()
        lockFile = nil
        if let identity { Registry.shared.release(identity) }
        identity = nil
    }
}

/// The options for opening an environment. The defaults suit a database on a local disk.
package struct EnvironmentOptions: Sendable {
    /// The durability of a returned commit after a power cut. Both options are safe if the process crashes.
    package enum Durability: Sendable, Hashable {
        case full
        /// The last commit may be undone but never damaged: one sync less per commit.
        case lastCommitMayBeLost
    }

    /// The address space to reserve, in bytes. The file only grows as it is written. If the system refuses, the size is
    /// halved, down to the size of the file plus some headroom.
    package var mapSize: Int = 1 << 40
    /// The maximum size of the map; a transaction that needs more fails with `mapFull`.
    package var mapSizeLimit: Int = 1 << 46
    /// The maximum number of read transactions that are live at once, over all processes.
    package var maximumReaders = 1024
    package var maximumTables = 16
    package var isReadOnly = false
    /// Whether to read without the lock file, for a file that this user may read but not write. Nothing then keeps
    /// pages that are being read from being reused, so the file is not opened, and no read begins, while another
    /// process has it open for writing.
    package var readsWithoutLock = false
    package var createIfMissing = true
    package var fileMode: UInt16 = 0o600
    /// Memory maps and file locks do not work over a network. Only allow this if a single host uses the file.
    package var allowNetworkFilesystem = false
    package var durability: Durability = .full
    /// How long growing the map, or `close`, waits for live transactions to end.
    package var drainTimeout: Duration = .seconds(10)
    /// The options for waiting while other writers, of this or another process, hold the write turn.
    package var waiting = WriterWait()

    package init() {}

    package init(
        mapSize: Int = 1 << 40, mapSizeLimit: Int = 1 << 46, maximumReaders: Int = 1024, maximumTables: Int = 16,
        isReadOnly: Bool = false, readsWithoutLock: Bool = false, createIfMissing: Bool = true,
        fileMode: UInt16 = 0o600,
        allowNetworkFilesystem: Bool = false, durability: Durability = .full, drainTimeout: Duration = .seconds(10)
    ) {
        self.mapSize = mapSize
        self.mapSizeLimit = mapSizeLimit
        self.maximumReaders = maximumReaders
        self.maximumTables = maximumTables
        self.isReadOnly = isReadOnly
        self.readsWithoutLock = readsWithoutLock
        self.createIfMissing = createIfMissing
        self.fileMode = fileMode
        self.allowNetworkFilesystem = allowNetworkFilesystem
        self.durability = durability
        self.drainTimeout = drainTimeout
    }

    /// The number of ended read transactions kept for reuse. Each holds a reader slot, so a small table gets none, and
    /// the default table has room for many processes.
    var maximumIdleReads: Int { min(8, maximumReaders / 64) }

    /// The unit of every map size: a multiple of any page size that LMDB or a system uses.
    static let mapGranule = 1 << 16

    static func roundedMapSize(_ bytes: Int) -> Int {
        let (sum, overflow) = max(bytes, 1).addingReportingOverflow(mapGranule - 1)
        return (overflow ? Int.max : sum) / mapGranule * mapGranule
    }

    /// The reason why these options are invalid, or nil.
    func problem() -> String? {
        if mapSize <= 0 || mapSizeLimit <= 0 { return "mapSize and mapSizeLimit must be positive" }
        if !(1...1_000_000).contains(maximumReaders) { return "maximumReaders must be between 1 and 1,000,000" }
        if !(1...1_000).contains(maximumTables) { return "maximumTables must be between 1 and 1,000" }
        if readsWithoutLock, !isReadOnly { return "readsWithoutLock requires isReadOnly" }
        if drainTimeout < .zero { return "drainTimeout must not be negative" }
        if let timeout = waiting.timeout, timeout < .zero { return "busyTimeout must not be negative" }
        return nil
    }
}

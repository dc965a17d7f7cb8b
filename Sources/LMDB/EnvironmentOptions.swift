/// How to open an environment. The defaults suit a database on a local disk.
package struct EnvironmentOptions: Sendable {
    /// What a returned commit promises after a power cut. Both are safe against a crash of the process.
    package enum Durability: Sendable, Hashable {
        case full
        /// The last commit may be undone, never damaged: one sync a commit less.
        case lastCommitMayBeLost
    }

    /// Address space to reserve, in bytes; the file grows only as it is written. When the system refuses so much it is
    /// halved, down to the file plus some headroom.
    package var mapSize: Int = 1 << 40
    /// Growth stops here; a transaction that needs more fails with `mapFull`.
    package var mapSizeLimit: Int = 1 << 46
    /// Read transactions alive at once, over all processes.
    package var maximumReaders = 1024
    package var maximumTables = 16
    package var isReadOnly = false
    /// Read without the lock file: for a file that this user may read and not write. Nothing then keeps the pages that are
    /// being read from being used again, so the file is not opened, and no read begins, while anybody has it open for
    /// writing.
    package var readsWithoutLock = false
    package var createIfMissing = true
    package var fileMode: UInt16 = 0o600
    /// Memory maps and file locks do not work over a network; only lift this when a single host uses the file.
    package var allowNetworkFilesystem = false
    package var durability: Durability = .full
    /// How long a growing map, or `close`, waits for live transactions to end.
    package var drainTimeout: Duration = .seconds(10)
    /// What a write does while other writers, of this process or of another, keep it waiting.
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

    /// Ended read transactions kept for the next ones. Each holds a reader slot, so a small table gets none, and many
    /// processes find room in the default one.
    var maximumIdleReads: Int { min(8, maximumReaders / 64) }

    /// The step of every map size: a multiple of any page size LMDB or a system uses.
    static let mapGranule = 1 << 16

    static func roundedMapSize(_ bytes: Int) -> Int {
        let (sum, overflow) = max(bytes, 1).addingReportingOverflow(mapGranule - 1)
        return (overflow ? Int.max : sum) / mapGranule * mapGranule
    }

    /// Why these options cannot be used, or nil.
    func problem() -> String? {
        if mapSize <= 0 || mapSizeLimit <= 0 { return "mapSize and mapSizeLimit must be positive" }
        if !(1...1_000_000).contains(maximumReaders) { return "maximumReaders must be between 1 and 1,000,000" }
        if !(1...1_000).contains(maximumTables) { return "maximumTables must be between 1 and 1,000" }
        if readsWithoutLock, !isReadOnly { return "readsWithoutLock is for read-only environments" }
        if drainTimeout < .zero { return "drainTimeout must not be negative" }
        if let timeout = waiting.timeout, timeout < .zero { return "busyTimeout must not be negative" }
        return nil
    }
}

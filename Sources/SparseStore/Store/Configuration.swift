public import CoreMetrics
internal import LMDB
public import Logging
public import SparseFormat

/// The settings that a store is opened with. The defaults suit a service with one store on a local disk.
public struct Configuration: Sendable {
    /// The durability of a commit when `write` returns.
    public enum Durability: String, Sendable, Hashable, Codable, CaseIterable {
        /// The commit survives a power failure.
        case full
        /// A power failure may lose the last commits, but never part of a commit. Single commits are about twice as
        /// fast.
        case lastCommitsMayBeLost
    }

    /// A setting for when and where segments are merged.
    public enum Maintenance: String, Sendable, Hashable, Codable, CaseIterable {
        /// The store merges on a thread that it starts with the handle's first commit. Opening and reading never start
        /// the thread.
        case background
        /// One thread merges for all stores of the process with this setting, one merge per store in turn. Use it when
        /// a process has many small stores open. While a large merge runs, the other stores wait and search more
        /// segments.
        case shared
        /// The caller merges with ``Store/maintain(isCancelled:progress:)`` or
        /// `Store/optimize(keepingBlocks:progress:)`. Use it in programs that write and exit.
        case manual
    }

    /// Whether to open the store without write access. This works on read-only media and, on Linux, on a full disk. If
    /// the disk has no room for the lock file, nobody can open the store for writing until this handle is closed, and
    /// the log gets a warning. On other systems, opening then throws `diskFull`.
    public var isReadOnly: Bool
    /// Whether to read without the lock file. Requires ``isReadOnly``. For a store that this user may read but not
    /// write to.
    ///
    /// Without the lock file, nothing stops a writer from reusing the pages that are being read. Therefore opening,
    /// each search, and each snapshot throw `busy` while anyone has the store open for writing. While a snapshot is
    /// held, the caller must keep writers away: if one commits, reads through the snapshot may return wrong data or
    /// crash the process. Writers are detected on Linux, on file systems that support locks of open file descriptions.
    public var readsWithoutLock: Bool
    /// Whether to create the store if the file does not exist.
    public var createsIfMissing: Bool
    /// The durability of a commit when `write` returns.
    public var durability: Durability
    /// When and where segments are merged. Whatever the setting, commits merge the smallest segments themselves
    /// (``MergePolicy``).
    public var maintenance: Maintenance
    /// The rules for which segments merge and when.
    public var mergePolicy: MergePolicy
    /// The sizes of the pieces of a merge. Tests use smaller ones to get many transactions from little data.
    package var mergePieces = MergePieces()
    /// The address space to reserve, in bytes. It costs nothing until it is used, and grows automatically.
    ///
    /// On most systems a process has 128 TiB of address space. If more than a few dozen stores are open at once, set
    /// this to the size that each store may reach.
    public var mapSize: Int
    /// The maximum number of read transactions across all processes, 1...4,096.
    public var maximumReaders: Int
    /// The time a write waits for other writers, of this process or another, before it throws
    /// ``SparseStoreError/Code/busy``. Nil waits indefinitely. A write that has begun is never interrupted.
    public var busyTimeout: Duration?
    /// Polled while a write waits; returning true ends the write with `cancelled`. The command-line tool uses it for
    /// interrupts.
    package var isWaitCancelled: @Sendable () -> Bool = { false }
    /// Called when a write has waited for a second, with a description of the writer it waits for.
    package var announceWait: @Sendable (String) -> Void = { _ in }
    /// The permissions of a new file. By default only the owner has access, because documents may be private.
    public var fileMode: UInt16
    /// Whether to open a file on NFS, SMB, FUSE, or 9P. Locks and memory maps are unreliable over a network, so only
    /// processes on one host may use the file. Docker Desktop bind mounts, Windows folders under WSL 2, and rootless
    /// Podman are also treated as network file systems.
    public var allowsNetworkFilesystem: Bool
    /// The index profile of a new store. Ignored for an existing store; use `Store/changeProfile(to:)` to change it.
    public var profile: IndexProfile
    /// The memory for decoded posting lists of compact segments, in bytes, shared by all threads of the store. 0
    /// disables the cache. Running searches need about 64 KiB more for each of their terms.
    ///
    /// Decoded lists take 3 bytes per nonzero, and decoding a 64 KiB chunk takes about 0.1 ms. Make the cache large
    /// enough for the lists that typical queries read. The default holds all lists of a million documents with 120
    /// terms each.
    public var listCacheSize: Int
    /// The memory that the system's page cache can hold of this store in the long run, in bytes. If `Store/tune` has
    /// measured cold pages, the planner compares it with the size of the index and takes the plans that are fastest
    /// with so much memory.
    ///
    /// By default (nil) it is estimated, on Linux, from the available memory of the system and the limits of the
    /// process's control groups; on other systems the store is expected to fit. Set it if other programs or stores
    /// will need much of the memory.
    public var pageCacheSize: Int?
    /// The number of stores that share the memory that the system has for cached pages: those of a set of shards.
    var storesSharingPageCache = 1
    /// The zstd compression level of payloads, 1...19.
    public var compressionLevel: Int
    /// The codec of token vectors in a store that has none yet. Ignored for a store with multivectors; use
    /// `Store/encodeMultivectors(as:seed:progress:)` to change their codec. `pq32` is not allowed here because it
    /// must be trained first.
    public var multivectorCodec: MultivectorCodec
    /// The time a snapshot may be held before the log gets a warning.
    public var snapshotPatience: Duration
    /// The logger. It receives trace and debug messages, a notice when a write waits for more than a second, and
    /// warnings about snapshots held too long. It never receives documents.
    public var logger: Logger
    /// The factory for counters, timers, and gauges (README.md, "Metrics"). By default, the metrics system of the
    /// process.
    public var metrics: any MetricsFactory

    /// The default of ``mapSize``: 1 TiB.
    public static let defaultMapSize = 1 << 40
    /// The default of ``listCacheSize``: 512 MiB.
    public static let defaultListCacheSize = 512 << 20

    /// Creates a configuration. The defaults suit a service with one store on a local disk. Each argument sets the
    /// property of the same name.
    ///
    ///     try Store.open(at: "notes.sparse", configuration: Configuration(maintenance: .shared, mapSize: 1 << 30))
    public init(
        isReadOnly: Bool = false, readsWithoutLock: Bool = false, createsIfMissing: Bool = true,
        durability: Durability = .full, maintenance: Maintenance = .background,
        mergePolicy: MergePolicy = MergePolicy(),
        mapSize: Int = defaultMapSize, maximumReaders: Int = 1_024, busyTimeout: Duration? = nil,
        fileMode: UInt16 = 0o600, allowsNetworkFilesystem: Bool = false, profile: IndexProfile = .fast,
        listCacheSize: Int = defaultListCacheSize, pageCacheSize: Int? = nil, compressionLevel: Int = 3,
        multivectorCodec: MultivectorCodec = .f16, snapshotPatience: Duration = .seconds(60),
        logger: Logger = Logger(label: "sparsestore", factory: { _ in SwiftLogNoOpLogHandler() }),
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.isReadOnly = isReadOnly
        self.readsWithoutLock = readsWithoutLock
        self.createsIfMissing = createsIfMissing
        self.durability = durability
        self.maintenance = maintenance
        self.mergePolicy = mergePolicy
        self.mapSize = mapSize
        self.maximumReaders = maximumReaders
        self.busyTimeout = busyTimeout
        self.fileMode = fileMode
        self.allowsNetworkFilesystem = allowsNetworkFilesystem
        self.profile = profile
        self.listCacheSize = listCacheSize
        self.pageCacheSize = pageCacheSize
        self.compressionLevel = compressionLevel
        self.multivectorCodec = multivectorCodec
        self.snapshotPatience = snapshotPatience
        self.logger = logger
        self.metrics = metrics
    }
}

extension EnvironmentOptions {
    /// Derives the storage settings from a configuration.
    init(_ configuration: Configuration) {
        self.init()
        mapSize = configuration.mapSize
        maximumReaders = configuration.maximumReaders
        isReadOnly = configuration.isReadOnly
        readsWithoutLock = configuration.readsWithoutLock
        createsIfMissing = configuration.createsIfMissing && !configuration.isReadOnly
        fileMode = configuration.fileMode
        allowsNetworkFilesystem = configuration.allowsNetworkFilesystem
        waiting.timeout = configuration.busyTimeout
        waiting.isCancelled = configuration.isWaitCancelled
        waiting.announce = { [logger = configuration.logger, announce = configuration.announceWait] holder in
            logger.notice("a write is waiting", metadata: ["for": "\(holder)"])
            announce("\(holder)")
        }
        durability = configuration.durability == .full ? .full : .lastCommitMayBeLost
    }
}

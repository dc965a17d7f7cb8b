public import Logging
public import CoreMetrics
public import SparseFormat

/// How a store is opened and kept. The defaults suit a service with one store on a local disk.
public struct Configuration: Sendable {
    /// What a commit promises when `write` returns.
    public enum Durability: String, Sendable, Hashable, Codable, CaseIterable {
        /// It survives a power cut.
        case full
        /// The last commits may be lost in a power cut, whole commits only; about twice as fast singly.
        case lastCommitsMayBeLost
    }

    /// Who merges the segments that commits leave.
    public enum Maintenance: String, Sendable, Hashable, Codable, CaseIterable {
        /// A thread of the store's own, from the handle's first commit on. Opening and reading never start it.
        case background
        /// One thread for all stores of the process that say so, which merges for them in turn, a merge each: for a process
        /// that has many small stores open. A large merge of one keeps the others waiting, which then search more segments
        /// meanwhile.
        case shared
        /// The caller, by ``Store/maintain(isCancelled:progress:)`` or `Store/optimize(progress:)`. For
        /// programs that write and end.
        case manual
    }

    /// Open without the right to write; works on read-only media, and on a full disk: where there is no room for the lock
    /// file, nobody can open the store for writing until this is closed, and the log warns of it. (On Linux; elsewhere
    /// opening then throws `diskFull`.)
    public var isReadOnly: Bool
    /// Read without the lock file, with ``isReadOnly``: for a store that this user may read but not write to.
    ///
    /// Without the lock file nothing keeps a writer from the pages that are being read. So the store is not opened while
    /// anybody has it open for writing, and each search and snapshot asks again: both throw `busy`. While a snapshot is
    /// held, keeping writers away is up to the caller. Should one commit meanwhile, what the snapshot reads may be wrong,
    /// or end the process. Writers are seen on Linux, on file systems with locks of open file descriptions.
    public var readsWithoutLock: Bool
    /// Make the store when the file does not exist.
    public var createIfMissing: Bool
    /// What `write` promises when it returns.
    public var durability: Durability
    /// Who merges segments. In either mode a commit merges the smallest itself (``MergePolicy``).
    public var maintenance: Maintenance
    /// Which segments merge, and when.
    public var mergePolicy: MergePolicy
    /// How merges are cut up: smaller in tests, which want many transactions of little data.
    package var mergePieces = MergePieces()
    /// Address space to reserve, in bytes. It costs nothing until used, and grows by itself when it must.
    ///
    /// A process has 128 TiB in all on most systems: with more than some dozens of stores open at once, give each what it
    /// may come to need.
    public var mapSize: Int
    /// Read transactions that all processes together may hold, 1...4,096.
    public var maximumReaders: Int
    /// How long a write waits for other writers, of this process or of another, before it throws
    /// ``SparseStoreError/Code/busy``; nil for as long as it takes. A write that has begun is never cut short.
    public var busyTimeout: Duration?
    /// Asked often while a write waits; true ends it with `cancelled`. For the command line, whose user may interrupt it.
    package var isWaitCancelled: @Sendable () -> Bool = { false }
    /// Called when a write has waited for a second, with whom it waits for.
    package var announceWait: @Sendable (String) -> Void = { _ in }
    /// Permissions of a new file. Documents may be private: the owner alone by default.
    public var fileMode: UInt16
    /// Open a file on NFS, SMB, FUSE or 9P. Over a network, locks and maps are not reliable: for the processes of one host
    /// at most. Bind mounts of Docker Desktop, Windows folders under WSL 2 and rootless Podman also look like that.
    public var allowNetworkFilesystem: Bool
    /// What the index of a store is made for, from its making on; without effect on a store that is there, where
    /// ``Store/changeProfile(to:)`` changes it.
    public var profile: IndexProfile
    /// Memory for decoded posting lists of compact segments, in bytes, for all threads of the store; 0 keeps none. What
    /// searches are reading at the moment comes on top: some 64 KiB for each of their terms.
    ///
    /// Lists decode to 3 bytes a nonzero, and each chunk of 64 KiB takes some 0.1 ms: make it as large as what the usual
    /// queries read. The default holds all lists of a million documents with 120 terms each.
    public var listCacheSize: Int
    /// zstd level of payloads, 1...19.
    public var compressionLevel: Int
    /// How a store keeps token vectors, from its first multivector on; without effect on a store that has some, where
    /// ``Store/encodeMultivectors(as:seed:progress:)`` changes it. `pq32` must be trained first and is not for
    /// here.
    public var multivectorCodec: MultivectorCodec
    /// How long a snapshot may be held before the log warns of it.
    public var snapshotPatience: Duration
    /// Receives trace and debug messages, a notice when a write waits for more than a second, and warnings of snapshots
    /// held long; never documents.
    public var logger: Logger
    /// Receives counters, timers and gauges (README.md, "Metrics"); the process's system by default.
    public var metrics: any MetricsFactory

    /// A tebibyte.
    public static let defaultMapSize = 1 << 40
    /// Half a gibibyte.
    public static let defaultListCacheSize = 512 << 20

    /// Makes a configuration. Without arguments it suits a service with one store on a local disk; each argument is
    /// described at the property of its name.
    ///
    ///     try Store.open(at: "notes.sparse", configuration: Configuration(maintenance: .shared, mapSize: 1 << 30))
    public init(
        isReadOnly: Bool = false, readsWithoutLock: Bool = false, createIfMissing: Bool = true,
        durability: Durability = .full, maintenance: Maintenance = .background,
        mergePolicy: MergePolicy = MergePolicy(),
        mapSize: Int = defaultMapSize, maximumReaders: Int = 1_024, busyTimeout: Duration? = nil,
        fileMode: UInt16 = 0o600, allowNetworkFilesystem: Bool = false, profile: IndexProfile = .fast,
        listCacheSize: Int = defaultListCacheSize, compressionLevel: Int = 3, multivectorCodec: MultivectorCodec = .f16,
        snapshotPatience: Duration = .seconds(60),
        logger: Logger = Logger(label: "sparsestore", factory: { _ in SwiftLogNoOpLogHandler() }),
        metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.isReadOnly = isReadOnly
        self.readsWithoutLock = readsWithoutLock
        self.createIfMissing = createIfMissing
        self.durability = durability
        self.maintenance = maintenance
        self.mergePolicy = mergePolicy
        self.mapSize = mapSize
        self.maximumReaders = maximumReaders
        self.busyTimeout = busyTimeout
        self.fileMode = fileMode
        self.allowNetworkFilesystem = allowNetworkFilesystem
        self.profile = profile
        self.listCacheSize = listCacheSize
        self.compressionLevel = compressionLevel
        self.multivectorCodec = multivectorCodec
        self.snapshotPatience = snapshotPatience
        self.logger = logger
        self.metrics = metrics
    }
}

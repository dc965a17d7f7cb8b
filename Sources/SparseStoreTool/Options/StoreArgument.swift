internal import ArgumentParser
internal import SparseStore
internal import SystemPackage

/// The store a command works on.
struct StoreArgument: ParsableArguments {
    @Argument(help: "The store's file; for commands that read, also a folder of shards.")
    var store: String

    @OptionGroup(title: "Access") var access: AccessOptions

    /// The store's file, or those of its shards where a folder of them is named.
    var shards: [FilePath] {
        get throws {
            let path = FilePath(store)
            return isFolder ? try ShardedStore.paths(in: path) : [path]
        }
    }

    /// Whether a folder of shards is named.
    var isFolder: Bool { OutputPath.isFolder(store) }

    /// Opens the store, or a folder of shards, for reading; it must be there. A shard that cannot be opened is missing in
    /// answers, which say so.
    ///
    /// - Parameter change: what a command has options for.
    func openForReading(_ change: (inout Configuration) -> Void = { _ in }) throws -> ShardedStore {
        let paths = try shards
        let opened = try ShardedStore(
            at: paths, configuration: try reading(paths, change), allowsFailures: isFolder)
        if opened.keepsWritersOut { Self.noteWritersKeptOut() }
        return opened
    }

    /// Opens the store's file for reading; it must be there.
    func openFileForReading() throws -> Store {
        let opened = try Store.open(at: store, configuration: try reading([FilePath(store)]) { _ in })
        if opened.keepsWritersOut { Self.noteWritersKeptOut() }
        return opened
    }

    private func reading(
        _ paths: [FilePath], _ change: (inout Configuration) -> Void
    ) throws -> Configuration {
        for path in paths { try UsedFiles(store: path.string).requireOtherStandardStreams() }
        var configuration = Configuration()
        configuration.isReadOnly = true
        configuration.createIfMissing = false
        try access.apply(to: &configuration)
        change(&configuration)
        return configuration
    }

    private static func noteWritersKeptOut() {
        Output.note("the disk has no room for the lock file: nobody can write to the store during this command\n")
    }

    /// Opens the store for writing. A command merges only when it says so: one that is done in a moment must not leave
    /// half of a merge behind.
    ///
    /// - Parameters:
    ///   - wait: how long it waits for other writers.
    ///   - change: what a command has options for.
    func openForWriting(
        createIfMissing: Bool, wait: WaitOption, _ change: (inout Configuration) -> Void = { _ in }
    ) throws -> Store {
        try UsedFiles(store: store).requireOtherStandardStreams()
        var configuration = Configuration()
        configuration.createIfMissing = createIfMissing
        configuration.maintenance = .manual
        try access.apply(to: &configuration)
        wait.apply(to: &configuration)
        change(&configuration)
        return try Store.open(at: store, configuration: configuration)
    }
}

/// Leave to open a store where it is refused otherwise.
struct AccessOptions: ParsableArguments {
    @Flag(
        help: """
            Open a store on a network or FUSE file system, such as a shared folder of Docker Desktop or WSL 2. Only \
            processes of one host may use it at the same time.
            """)
    var allowNetworkFilesystem = false

    @Flag(
        help: """
            Read without the lock file, which needs no right to write. Refused while a process has the store open for \
            writing; should one begin during the command, its answer may be wrong.
            """)
    var withoutLock = false

    func apply(to configuration: inout Configuration) throws {
        configuration.allowNetworkFilesystem = allowNetworkFilesystem
        guard !withoutLock || configuration.isReadOnly else {
            throw CommandFailure(.usage, "--without-lock is for commands that only read; leave it out")
        }
        configuration.readsWithoutLock = withoutLock
    }

    /// The same, as arguments of a child process.
    var arguments: [String] {
        (allowNetworkFilesystem ? ["--allow-network-filesystem"] : []) + (withoutLock ? ["--without-lock"] : [])
    }
}

/// How long a command that writes waits for other writers.
struct WaitOption: ParsableArguments {
    @Option(
        name: .customLong("wait"),
        help: ArgumentHelp(
            "Wait so many seconds at most for another writer, then end with exit code 6. (default: as long as it takes)",
            valueName: "seconds"))
    var seconds: Double?

    func validate() throws {
        guard seconds.map({ (0...31_536_000).contains($0) }) ?? true else {
            throw ValidationError("--wait is to be 0 to 31536000 seconds")
        }
    }

    func apply(to configuration: inout Configuration) {
        configuration.busyTimeout = seconds.map { .seconds($0) }
        // Listens only once there is something to wait for: a command that is at work may be ended by its first signal.
        configuration.isWaitCancelled = {
            InterruptFlag.install()
            return InterruptFlag.isSet
        }
        configuration.announceWait = { holder in
            Output.note("waiting for \(holder)\n")
        }
    }
}

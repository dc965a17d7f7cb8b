internal import ArgumentParser
internal import SparseStore
internal import SystemPackage

/// The store that a command works on.
struct StoreArgument: ParsableArguments {
    @Argument(help: "The file of the store. Commands that read also take a folder of shards.")
    var store: String

    @OptionGroup(title: "Access") var access: AccessOptions

    /// The file of the store, or the files of its shards if the argument is a folder of them.
    var shards: [FilePath] {
        get throws {
            let path = FilePath(store)
            return isFolder ? try ShardedStore.paths(in: path) : [path]
        }
    }

    /// Whether the argument is a folder of shards.
    var isFolder: Bool { OutputPath.isFolder(store) }

    /// Opens an existing store, or a folder of shards, for reading. A shard that cannot be opened is missing in
    /// answers, which then report it.
    ///
    /// - Parameter change: Applies the options of the command to the configuration.
    func openForReading(_ change: (inout Configuration) -> Void = { _ in }) throws -> ShardedStore {
        let paths = try shards
        let opened = try ShardedStore(
            at: paths, configuration: try reading(paths, change), allowsFailures: isFolder)
        if opened.keepsWritersOut { Self.noteWritersKeptOut() }
        return opened
    }

    /// Opens an existing store file for reading.
    func openFileForReading() throws -> Store {
        try requireFile()
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
        configuration.createsIfMissing = false
        try access.apply(to: &configuration)
        change(&configuration)
        return configuration
    }

    /// Refuses a folder of shards for a command that works on one file.
    func requireFile() throws {
        guard isFolder, let first = try? shards.first else { return }
        throw CommandFailure(
            .usage,
            "'\(store)' is a folder of shards, but this command takes one file; run it for each shard, such as "
                + "'\(first)'"
        )
    }

    private static func noteWritersKeptOut() {
        Output.note("the disk has no space for the lock file; no process can write to the store during this command\n")
    }

    /// Opens the store for writing. Background merges are off unless the command turns them on, so that a short command
    /// does not leave an unfinished merge behind.
    ///
    /// - Parameters:
    ///   - wait: How long to wait for other writers.
    ///   - change: Applies the options of the command to the configuration.
    func openForWriting(
        createsIfMissing: Bool, wait: WaitOption, _ change: (inout Configuration) -> Void = { _ in }
    ) throws -> Store {
        try requireFile()
        try UsedFiles(store: store).requireOtherStandardStreams()
        var configuration = Configuration()
        configuration.createsIfMissing = createsIfMissing
        configuration.maintenance = .manual
        try access.apply(to: &configuration)
        wait.apply(to: &configuration)
        change(&configuration)
        return try Store.open(at: store, configuration: configuration)
    }
}

/// The options that permit opening a store that would otherwise be refused.
struct AccessOptions: ParsableArguments {
    @Flag(
        help: """
            Allow a store on a network or FUSE file system, such as a shared folder of Docker Desktop or WSL 2. Only \
            processes on one host may use it at the same time.
            """)
    var allowNetworkFilesystem = false

    @Flag(
        help: """
            Read without the lock file, so that no write permission is needed. Refused while a process has the store \
            open for writing. If a process starts writing during the command, the answer may be wrong.
            """)
    var withoutLock = false

    func apply(to configuration: inout Configuration) throws {
        configuration.allowsNetworkFilesystem = allowNetworkFilesystem
        guard !withoutLock || configuration.isReadOnly else {
            throw CommandFailure(.usage, "--without-lock is only for commands that do not write; leave it out")
        }
        configuration.readsWithoutLock = withoutLock
    }

    /// The options as arguments of a child process.
    var arguments: [String] {
        (allowNetworkFilesystem ? ["--allow-network-filesystem"] : []) + (withoutLock ? ["--without-lock"] : [])
    }
}

/// The option that limits how long a command waits for other writers.
struct WaitOption: ParsableArguments {
    @Option(
        name: .customLong("wait"),
        help: ArgumentHelp(
            "The number of seconds to wait for other writers before the command exits with code 6. (default: no limit)",
            valueName: "seconds"))
    var seconds: Double?

    func validate() throws {
        guard seconds.map({ (0...31_536_000).contains($0) }) ?? true else {
            throw ValidationError("--wait must be between 0 and 31536000 seconds, not \(seconds ?? 0)")
        }
    }

    func apply(to configuration: inout Configuration) {
        configuration.busyTimeout = seconds.map { .seconds($0) }
        // Handle signals only once there is something to wait for: the first signal may end a command that is working.
        configuration.isWaitCancelled = {
            InterruptFlag.install()
            return InterruptFlag.isSet
        }
        configuration.announceWait = { holder in
            Output.note("waiting for \(holder)\n")
        }
    }
}

/// The options for the form of a command's result.
struct OutputOptions: ParsableArguments {
    /// The form of a result.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Option(help: "The format of the result: text or json.")
    var format: Format = .text

    @Flag(help: "Write the result as one JSON object, like --format json.")
    var json = false

    var isJSON: Bool { json || format == .json }
}

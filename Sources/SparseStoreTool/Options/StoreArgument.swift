internal import ArgumentParser
internal import SparseStore

/// The store a command works on.
struct StoreArgument: ParsableArguments {
    @Argument(help: "The store's file.")
    var store: String

    @OptionGroup(title: "Access") var access: AccessOptions

    /// Opens the store for reading; it must be there.
    ///
    /// - Parameter change: what a command has options for.
    func openForReading(_ change: (inout Configuration) -> Void = { _ in }) throws -> Store {
        try UsedFiles(store: store).requireOtherStandardStreams()
        var configuration = Configuration()
        configuration.isReadOnly = true
        configuration.createIfMissing = false
        try access.apply(to: &configuration)
        change(&configuration)
        let opened = try Store.open(at: store, configuration: configuration)
        if opened.keepsWritersOut {
            Output.note("the disk has no room for the lock file: nobody can write to the store during this command\n")
        }
        return opened
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

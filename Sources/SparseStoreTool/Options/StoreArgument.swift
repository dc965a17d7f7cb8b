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
        return try Store.open(at: store, configuration: configuration)
    }

    /// Opens the store for writing. A command merges only when it says so: one that is done in a moment must not leave
    /// half of a merge behind.
    ///
    /// - Parameter change: what a command has options for.
    func openForWriting(
        createIfMissing: Bool, _ change: (inout Configuration) -> Void = { _ in }
    ) throws -> Store {
        try UsedFiles(store: store).requireOtherStandardStreams()
        var configuration = Configuration()
        configuration.createIfMissing = createIfMissing
        configuration.maintenance = .manual
        try access.apply(to: &configuration)
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

internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore
internal import SystemPackage

/// `sparsestore split`
struct SplitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "split",
        abstract: "Copy a store into several shards that answer as one store.",
        discussion: """
            Creates DIR/0.sparse, DIR/1.sparse and so on. Each document is copied bit for bit into the shard that a \
            hash of its id selects. Commands that read accept DIR as a store, and exact answers and scores equal those \
            of STORE. STORE can also be a folder of shards. This changes the number of shards.

            DIR appears when all shards are complete. To continue after an interruption, run the same command again.

            EXAMPLES:
              sparsestore split wiki.sparse --shards 4 shards/
              sparsestore search shards/ --terms '{"swift": 1.2}'
            """)

    @OptionGroup var store: StoreArgument

    @Option(help: "The number of shards.")
    var shards: Int

    @Argument(help: "The folder to create for the shards.")
    var folder: String

    @OptionGroup var fill: FillOptions

    func validate() throws {
        guard (1...1_024).contains(shards) else { throw ValidationError("--shards must be 1 to 1024, not \(shards)") }
    }

    func run() throws {
        let source = try store.openForReading()
        defer { source.close() }
        if let failure = source.unopened.first { throw failure }
        // The folder gets its final name only when it is complete.
        let output = try NewFolder(folder)
        InterruptFlag.install()
        let targets = try (0..<shards).map { number in
            try fill.openTarget("\(output.work)/\(number).sparse", store.access)
        }
        defer { for target in targets { target.close() } }
        let summary = try source.read { try fill.copy($0, to: targets) }
        try ShardedStore.makeSet(of: targets)
        for target in targets { target.close() }
        try output.finish()
        try fill.show(summary, "split into \(shards) shards")
    }
}

/// `sparsestore merge`
struct MergeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "merge",
        abstract: "Copy several stores into one.",
        discussion: """
            Takes stores and folders of shards. Documents are copied bit for bit, and exact answers and scores of the \
            new store equal those of the shards together. --memory limits how much memory is used. To continue after an interruption, run \
            the same command again; the stores must not have changed.

            If two stores have different documents with the same id, the command fails, unless --conflict says which one to \
            keep. Equal documents are copied once.

            EXAMPLES:
              sparsestore merge shards/ --to wiki.sparse
              sparsestore merge monday.sparse tuesday.sparse --to week.sparse --conflict last
            """)

    @Argument(help: "The stores, or folders of shards.")
    var stores: [String]

    @Option(help: "The new store.")
    var to: String

    @Option(
        help: """
            The document to keep if two have the same id: 'first' or 'last' in the order of the stores, or 'refuse' to fail.
            """)
    var conflict = ConflictOption.refuse

    @OptionGroup var access: AccessOptions

    @OptionGroup var fill: FillOptions

    func validate() throws {
        guard !stores.isEmpty else { throw ValidationError("name the stores to merge, or a folder of them") }
    }

    func run() throws {
        let paths = try stores.flatMap { path in
            OutputPath.isFolder(path) ? try ShardedStore.paths(in: FilePath(path)) : [FilePath(path)]
        }
        var used = UsedFiles(inputs: paths.map { $0.string })
        try used.requireOtherStandardStreams()
        used = UsedFiles(inputs: paths.map { $0.string })
        if let file = FileID(to), let name = used.name(of: file) {
            throw CommandFailure(.usage, "--to '\(to)' would overwrite \(name); name another file")
        }
        var configuration = Configuration()
        configuration.isReadOnly = true
        configuration.createsIfMissing = false
        try access.apply(to: &configuration)
        let source = try ShardedStore(at: paths, configuration: configuration)
        defer { source.close() }
        InterruptFlag.install()
        let target = try fill.openTarget(to, access)
        defer { target.close() }
        let summary = try source.read { try fill.copy($0, to: [target], conflict: conflict.conflict) }
        try fill.show(summary, "merged \(paths.count) stores")
    }
}

/// The value of `--conflict`.
enum ConflictOption: String, ExpressibleByArgument, CaseIterable {
    case refuse, first, last

    var conflict: StoreCopy.Conflict {
        switch self {
        case .refuse: .refuse
        case .first: .first
        case .last: .last
        }
    }
}

extension FillOptions {
    /// Opens a new store, or one that an interrupted copy has left.
    fileprivate func openTarget(_ path: String, _ access: AccessOptions) throws -> Store {
        var configuration = Configuration()
        configuration.maintenance = .manual
        configuration.allowsNetworkFilesystem = access.allowNetworkFilesystem
        layout.apply(to: &configuration)
        let store = try Store.open(at: path, configuration: configuration)
        try layout.apply(to: store)
        return store
    }

    /// Copies the documents, and builds the index of each target, unless interrupted.
    fileprivate func copy(
        _ sources: ShardedSnapshot, to targets: [Store], conflict: StoreCopy.Conflict = .refuse
    ) throws -> StoreCopy.Summary {
        func interrupted() -> CommandFailure {
            CommandFailure(
                .interrupted, "interrupted; the copied documents are kept; run the same command again to continue")
        }
        let all = sources.count
        let watch = Stopwatch()
        var told = watch.seconds
        let summary = try StoreCopy(sources, to: targets, conflict: conflict).run { seen in
            if InterruptFlag.isSet { throw interrupted() }
            guard !quiet, watch.seconds - told >= 5 else { return }
            told = watch.seconds
            Output.note("copied \(Figures.count(seen)) of \(Figures.count(all)) documents\n")
        }
        guard let build else { return summary }
        for target in targets {
            guard try build.run(on: target) else { throw interrupted() }
            target.releaseMemory()
        }
        return summary
    }

    fileprivate func show(_ summary: StoreCopy.Summary, _ what: String) throws {
        let kept = summary.documents - summary.repeated
        let text = "\(what): \(Figures.count(kept)) documents"
        let repeated = summary.repeated > 0 ? ", and \(Figures.count(summary.repeated)) that were already there" : ""
        let object = JSONValue.object([
            ("documents", .integer(kept)), ("repeated", .integer(summary.repeated)),
        ])
        try Output.standard.write(json ? object.text + "\n" : text + repeated + "\n")
    }
}

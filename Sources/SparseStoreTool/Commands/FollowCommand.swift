internal import ArgumentParser
internal import Platform
internal import SparseInterchange
internal import SparseStore

/// `sparsestore follow`
struct FollowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "follow",
        abstract: "Make a store of what was published, and keep it up to date.",
        discussion: """
            Fetches what the copy lacks, compares every piece with its hash, opens the new file, and puts it into the old \
            one's place by a rename. So the copy is one whole commit at any time, after a kill too. It needs the size of \
            the store in free space meanwhile. Without --once it looks for the next publication until it is interrupted.

            The copy is for reading. Processes that have it open read on from the old file until they open it again, call \
            'refresh', or ask for a newer generation. A file that has commits of its own, or that no follower has made, is \
            never replaced: to go on from an earlier commit, make a copy at a new path and write to it.

            EXAMPLES:
              sparsestore follow /backup/wiki wiki-copy.sparse
              sparsestore follow s3://backups/wiki wiki-copy.sparse --every 60
              sparsestore follow /backup/wiki wiki-monday.sparse --once --at 1204
            """)

    @OptionGroup var target: TargetArgument

    @Argument(help: "The copy's file.")
    var store: String

    @Flag(help: "Come to the newest publication and end.")
    var once = false

    @Option(help: "With --once: the generation to make, which 'publications' lists.")
    var at: UInt64?

    @Option(help: "Look for the next publication every so many seconds.")
    var every = 2.0

    @Flag(
        help: """
            Let the copy lie on a network or FUSE file system. Only processes of one host may use it at the same time.
            """)
    var allowNetworkFilesystem = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard at == nil || once else { throw ValidationError("--at is for --once") }
        guard (0.01...86_400).contains(every) else { throw ValidationError("--every is to be 0.01 to 86400 seconds") }
    }

    func run() throws {
        try UsedFiles(store: store).requireOtherStandardStreams()
        try target.requireOther(than: store)
        var configuration = Configuration()
        configuration.allowNetworkFilesystem = allowNetworkFilesystem
        let follower = Follower(of: try target.open(), at: store, configuration: configuration)
        if once { return try tell(try follower.follow(to: at)) }
        InterruptFlag.install()
        while !InterruptFlag.isSet {
            do {
                let report = try follower.follow()
                if report.isNew { try tell(report) }
            } catch let error as SparseStoreError where Self.mayPass(error.code) {
                Output.note("\(error.message); trying again\n")
            }
            var left = every
            while left > 0, !InterruptFlag.isSet {
                usleep(UInt32(min(left, 0.1) * 1_000_000))
                left -= 0.1
            }
        }
    }

    /// Whether it may be otherwise the next time: a publication that is not there yet, or one that was removed on the way.
    private static func mayPass(_ code: SparseStoreError.Code) -> Bool {
        [.notFound, .busy, .io, .diskFull, .corrupted].contains(code)
    }

    private func tell(_ report: FollowReport) throws {
        let text =
            output.isJSON
            ? JSONValue.object([
                ("generation", .integer(Int(report.generation))), ("new", .bool(report.isNew)),
                ("bytes_fetched", .integer(report.bytesFetched)), ("bytes_reused", .integer(report.bytesReused)),
                ("file_bytes", .integer(report.fileBytes)),
            ]).text
            : report.isNew
                ? "at generation \(report.generation): fetched \(Figures.bytes(report.bytesFetched)) for "
                    + Figures.bytes(report.fileBytes)
                : "at generation \(report.generation) already"
        try Output.standard.write(text + "\n")
        try Output.standard.flush()
    }
}

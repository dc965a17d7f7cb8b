internal import ArgumentParser
internal import Platform
internal import SparseInterchange
internal import SparseStore

/// `sparsestore follow`
struct FollowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "follow",
        abstract: "Make a copy of a published store, and keep it up to date.",
        discussion: """
            Fetches the pieces that the copy lacks, checks each against its hash, opens the new file, and renames it \
            over the old one. The copy is therefore always one complete commit, even if the command is killed. The \
            command needs as much free disk space as the store takes up. Without --once it waits for further \
            publications until it is interrupted.

            The copy is read-only. Processes that have it open keep reading the old file until they open it again, \
            call 'refresh', or request a newer generation. A file that has its own commits, or that was not made by a \
            follower, is never replaced: to continue from an earlier commit, make a copy at a new path and write to it.

            EXAMPLES:
              sparsestore follow /backup/wiki wiki-copy.sparse
              sparsestore follow s3://backups/wiki wiki-copy.sparse --every 60
              sparsestore follow /backup/wiki wiki-monday.sparse --once --at 1204
            """)

    @OptionGroup var target: TargetArgument

    @Argument(help: "The path of the copy.")
    var store: String

    @Flag(help: "Update the copy to the newest publication and exit.")
    var once = false

    @Option(help: "The generation to update to, with --once. 'sparsestore publications' lists the generations.")
    var at: UInt64?

    @Option(help: "The number of seconds between checks of the target.")
    var every = 2.0

    @Flag(
        help: """
            Allow the copy to be on a network or FUSE file system. Only processes on one host may use it at the same \
            time.
            """)
    var allowNetworkFilesystem = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard at == nil || once else { throw ValidationError("--at needs --once") }
        guard (0.01...86_400).contains(every) else {
            throw ValidationError("--every must be between 0.01 and 86400 seconds")
        }
    }

    func run() throws {
        try UsedFiles(store: store).requireOtherStandardStreams()
        try target.requireOther(than: store)
        var configuration = Configuration()
        configuration.allowsNetworkFilesystem = allowNetworkFilesystem
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

    /// Whether another attempt may succeed: the publication does not exist yet, or was removed during the download.
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

internal import ArgumentParser

/// The command `sparsestore`.
@main
struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sparsestore",
        abstract: "Search and manage SparseStore files: embedded, transactional stores for sparse vectors.",
        discussion: """
            Loads collections of sparse vectors (such as SPLADE or BM25) into a single file, searches them, and \
            measures the quality of the answers. Results go to standard output; progress, notes and errors go to \
            standard error.

            EXAMPLES:
              sparsestore load wiki.sparse documents.jsonl.zst
              sparsestore search wiki.sparse --terms '{"swift": 1.2, "storage": 0.4}'
              sparsestore eval wiki.sparse --queries queries.jsonl --truth gt.bin --qrels qrels.tsv

            EXIT CODES:
              0 success             1 wrong usage          2 invalid input
              3 the store is damaged  4 incompatible store   5 disk full
              6 busy or locked      7 input/output error   8 interrupted
            """,
        version: "1.0.0",
        subcommands: [
            LoadCommand.self, EvalCommand.self, SearchCommand.self, StatsCommand.self, GetCommand.self,
            UpdateCommand.self, RemoveCommand.self, CountCommand.self, FacetsCommand.self, ListCommand.self,
            EncodeCommand.self, BuildCommand.self, TuneCommand.self, CompactCommand.self, VerifyCommand.self,
            RepairCommand.self, BackupCommand.self, RestoreCommand.self, PublishCommand.self, FollowCommand.self,
            PublicationsCommand.self, MigrateCommand.self, ExportCommand.self, SplitCommand.self, MergeCommand.self,
            CompareCommand.self,
        ])

    static func main() {
        CommandRunner.main()
    }
}

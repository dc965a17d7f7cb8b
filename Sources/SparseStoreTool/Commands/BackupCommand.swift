internal import ArgumentParser
internal import SparseStore

/// `sparsestore backup`
struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Write a verified copy of a store that may be in use.",
        discussion: """
            The copy holds the state of one commit, without free pages, and has permissions 0600. It appears complete \
            and synced to disk, or not at all. No file is overwritten. The copy is then verified in a separate \
            process. If that finds damage, the store itself is damaged; the copy is kept and the exit code is 3.

            EXAMPLES:
              sparsestore backup wiki.sparse wiki-monday.sparse
              sparsestore backup wiki.sparse wiki-monday.sparse --deep
            """)

    @OptionGroup var store: StoreArgument

    @Argument(help: "The path of the copy. No file may exist there.")
    var file: String

    @Flag(help: "Verify every value of the copy, as 'verify --deep' does.")
    var deep = false

    @Flag(help: "Copy free pages too. Use this for a store that cannot be copied without them.")
    var plain = false

    @OptionGroup var supervision: Supervision

    func run() throws {
        let store = try self.store.openFileForReading()
        try ProgressLine().during("copying") { try store.backup(to: file, compacting: !plain) }
        store.close()
        try supervision.verify(file, isDeep: deep, self.store.access)
        try Output.standard.write("backed up to '\(file)' and verified\n")
    }
}

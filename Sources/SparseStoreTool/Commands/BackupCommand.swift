internal import ArgumentParser
internal import SparseStore

/// `sparsestore backup`
struct BackupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Write a verified copy of a store that may be in use.",
        discussion: """
            The copy is the state of one commit, without free pages, with permissions 0600. It appears complete and on \
            disk or not at all, and nothing is overwritten. Then it is verified, in a process of its own; when that finds \
            damage, which the store itself must have, the copy is kept and the exit code is 3.

            EXAMPLES:
              sparsestore backup wiki.sparse wiki-monday.sparse
              sparsestore backup wiki.sparse wiki-monday.sparse --deep
            """)

    @OptionGroup var store: StoreArgument

    @Argument(help: "The copy; nothing may stand there.")
    var file: String

    @Flag(help: "Verify every value of the copy, as 'verify --deep'.")
    var deep = false

    @Flag(help: "Copy free pages too: for a store that cannot be copied without them.")
    var plain = false

    @OptionGroup var supervision: Supervision

    func run() throws {
        let store = try self.store.openFileForReading()
        try ProgressLine().during("copying") { try store.backup(to: file, compacting: !plain) }
        store.close()
        try supervision.verify(file, isDeep: deep, self.store.access)
        try Output.standard.write("backed up to '\(file)', and verified\n")
    }
}

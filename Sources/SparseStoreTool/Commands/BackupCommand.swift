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

/// `sparsestore restore`
struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Create a store from a backup.",
        discussion: """
            Verifies the backup in a separate process first, and copies nothing if that finds damage. The store \
            appears complete and synced to disk, or not at all. No file is overwritten: move the damaged store and \
            its '-lock' file away first.

            EXAMPLES:
              sparsestore restore wiki-monday.sparse wiki.sparse
              sparsestore restore wiki-monday.sparse wiki.sparse --deep
            """)

    @Argument(help: "The path of the backup.")
    var file: String

    @Argument(help: "The path of the new store. No file may exist there.")
    var store: String

    @Flag(help: "Verify every value of the backup, as 'verify --deep' does.")
    var deep = false

    @OptionGroup(title: "Access") var access: AccessOptions
    @OptionGroup var supervision: Supervision

    func run() throws {
        try UsedFiles(store: file).requireOtherStandardStreams()
        try supervision.verify(file, isDeep: deep, access)
        var configuration = Configuration()
        configuration.isReadOnly = true
        try access.apply(to: &configuration)
        let backup = try Store.open(at: file, configuration: configuration)
        defer { backup.close() }
        try ProgressLine().during("copying") { try backup.backup(to: store) }
        try Output.standard.write("restored to '\(store)'\n")
    }
}

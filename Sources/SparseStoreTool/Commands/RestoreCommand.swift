internal import ArgumentParser
internal import SparseStore

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

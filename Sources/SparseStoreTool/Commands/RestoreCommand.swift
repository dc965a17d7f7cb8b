internal import ArgumentParser
internal import SparseStore

/// `sparsestore restore`
struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Make a store of a backup.",
        discussion: """
            Verifies the backup first, in a process of its own, and copies nothing when that finds damage. The store \
            appears complete and on disk or not at all, and nothing is overwritten: move the damaged store, and its \
            '-lock' file, away before.

            EXAMPLES:
              sparsestore restore wiki-monday.sparse wiki.sparse
              sparsestore restore wiki-monday.sparse wiki.sparse --deep
            """)

    @Argument(help: "The backup.")
    var file: String

    @Argument(help: "The store to make; nothing may stand there.")
    var store: String

    @Flag(help: "Verify every value of the backup, as 'verify --deep'.")
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

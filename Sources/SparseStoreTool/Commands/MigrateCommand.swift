internal import ArgumentParser
internal import SparseStore

/// `sparsestore migrate`
struct MigrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Bring a store to the format that this version writes.",
        discussion: """
            There is one format so far, so there is nothing to bring it from. A store of a format that this version does \
            not know is refused with exit code 4, by this command as by all others; it needs the version that wrote it, \
            or a newer one.

            EXAMPLES:
              sparsestore migrate wiki.sparse
            """)

    @OptionGroup var store: StoreArgument
    @OptionGroup var wait: WaitOption

    func run() throws {
        // Opening it for writing refuses what this version must not write.
        let store = try self.store.openForWriting(createIfMissing: false, wait: wait)
        defer { store.close() }
        let format = try store.statistics().format
        // Only a newer minor is left, which may be used as it is (FORMAT.md, "Versioning and migration").
        let known = format == Store.currentFormat ? "" : "; this version writes \(Store.currentFormat)"
        try Output.standard.write("format \(format)\(known): nothing to do\n")
    }
}

internal import ArgumentParser
internal import SparseStore

/// `sparsestore migrate`
struct MigrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Convert a store to the format that this version writes.",
        discussion: """
            There is only one format so far, so there is nothing to convert yet. Like every other command, this one \
            refuses a store in an unknown format with exit code 4. Open such a store with the version that wrote it, \
            or with a newer one.

            EXAMPLES:
              sparsestore migrate wiki.sparse
            """)

    @OptionGroup var store: StoreArgument
    @OptionGroup var wait: WaitOption

    func run() throws {
        // Opening for writing refuses a store that this version must not write.
        let store = try self.store.openForWriting(createsIfMissing: false, wait: wait)
        defer { store.close() }
        let format = try store.statistics().format
        // The format can only have a newer minor version, which needs no change (FORMAT.md, "Versioning and
        // migration").
        let known = format == Store.currentFormat ? "" : "; this version writes \(Store.currentFormat)"
        try Output.standard.write("format \(format)\(known): nothing to do\n")
    }
}

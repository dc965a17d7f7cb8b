internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// `sparsestore compact`
struct CompactCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact",
        abstract: "Return the space of removed documents to the file system.",
        discussion: """
            Writes the store without its free pages to a new file and replaces the old file with it. This needs free \
            disk space for the new file. A crash leaves either the old file or the new one intact. If another process \
            has the store open, the exit code is 6; 'backup' makes a compact copy even then. Run 'build' first to get \
            the smallest file.

            EXAMPLES:
              sparsestore compact wiki.sparse
              sparsestore build wiki.sparse && sparsestore compact wiki.sparse
            """)

    @OptionGroup var store: StoreArgument
    @OptionGroup var wait: WaitOption
    @OptionGroup var output: OutputOptions

    func run() throws {
        let store = try self.store.openForWriting(createsIfMissing: false, wait: wait)
        defer { store.close() }
        let report = try ProgressLine().during("compacting") { try store.compact() }
        let text =
            output.isJSON
            ? JSONValue.object([
                ("bytes_before", .integer(report.bytesBefore)), ("bytes_after", .integer(report.bytesAfter)),
            ]).text
            : "\(Figures.bytes(report.bytesBefore)) before, \(Figures.bytes(report.bytesAfter)) after"
        try Output.standard.write(text + "\n")
    }
}

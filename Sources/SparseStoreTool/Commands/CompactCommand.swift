internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// `sparsestore compact`
struct CompactCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact",
        abstract: "Give the space of removed documents back to the system.",
        discussion: """
            Writes the store without free pages into a new file, which then takes its place; that needs as much free space \
            meanwhile. A crash leaves the old file or the new one, whole. No other process may have the store open: the \
            exit code is then 6, and 'backup' makes a compact copy all the same. 'build' first for the smallest file.

            EXAMPLES:
              sparsestore compact wiki.sparse
              sparsestore build wiki.sparse && sparsestore compact wiki.sparse
            """)

    @OptionGroup var store: StoreArgument
    @OptionGroup var wait: WaitOption
    @OptionGroup var output: OutputOptions

    func run() throws {
        let store = try self.store.openForWriting(createIfMissing: false, wait: wait)
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

internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// `sparsestore get`
struct GetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show one document: its vector, payload, tags, and attributes.",
        discussion: """
            EXAMPLES:
              sparsestore get wiki.sparse 12
              sparsestore get wiki.sparse 12 --json
            """)

    @OptionGroup var store: StoreArgument

    @Argument(help: "The id of the document.")
    var id: String

    @Flag(help: "Also show the token vectors, as decoded by their codec.")
    var multivector = false

    @OptionGroup var output: OutputOptions

    func run() throws {
        let store = try self.store.openForReading()
        defer { store.close() }
        guard let document = try store.document(id, includingMultivector: multivector) else {
            throw CommandFailure(.invalidInput, "there is no document '\(id)'; check the id")
        }
        let report = DocumentReport(document: document)
        try Output.standard.write(output.isJSON ? report.json.text + "\n" : report.text)
    }
}

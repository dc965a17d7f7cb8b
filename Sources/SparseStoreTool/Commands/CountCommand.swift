internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// `sparsestore count`
struct CountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "count",
        abstract: "Count the documents that a filter lets through.",
        discussion: """
            EXAMPLES:
              sparsestore count wiki.sparse
              sparsestore count wiki.sparse --where 'year >= 2020 AND lang IN (de, en)'
            """)

    @OptionGroup var store: StoreArgument

    @Option(
        name: .customLong("where"), help: "Only documents that this filter lets through.",
        transform: FilterExpression.parse)
    var filter: Filter?

    @OptionGroup var output: OutputOptions

    func run() throws {
        let store = try self.store.openForReading()
        defer { store.close() }
        let count = try store.read { try $0.count(where: filter) }
        try Output.standard.write(
            output.isJSON ? JSONValue.object([("count", .integer(count))]).text + "\n" : "\(count)\n")
    }
}

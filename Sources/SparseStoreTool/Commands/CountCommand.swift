internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// `sparsestore count`
struct CountCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "count",
        abstract: "Count the documents that match a filter.",
        discussion: """
            EXAMPLES:
              sparsestore count wiki.sparse
              sparsestore count wiki.sparse --where 'year >= 2020 AND lang IN (de, en)'
            """)

    @OptionGroup var store: StoreArgument

    @Option(
        name: .customLong("where"), help: "Only count documents that match this filter.",
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

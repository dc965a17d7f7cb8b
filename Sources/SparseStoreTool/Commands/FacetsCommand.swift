internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// `sparsestore facets`
struct FacetsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "facets",
        abstract: "Count the documents for each value of an attribute, most frequent first.",
        discussion: """
            EXAMPLES:
              sparsestore facets wiki.sparse lang
              sparsestore facets wiki.sparse lang --where 'year >= 2020' --limit 5 --json
            """)

    @OptionGroup var store: StoreArgument

    @Argument(help: "The name of the attribute.")
    var name: String

    @Option(
        name: .customLong("where"), help: "Only count documents that match this filter.",
        transform: FilterExpression.parse)
    var filter: Filter?

    @Option(help: "The maximum number of values to show.")
    var limit = 20

    @OptionGroup var output: OutputOptions

    func run() throws {
        let store = try self.store.openForReading()
        defer { store.close() }
        let facets = try store.read { try $0.facets(name, where: filter, limit: limit) }
        guard output.isJSON else {
            var table = TextTable()
            for facet in facets { table.add(AttributeShow.text(facet.value), Figures.count(facet.count)) }
            return try Output.standard.write(table.text)
        }
        let values = facets.map {
            JSONValue.object([("value", DocumentJSON.attribute($0.value)), ("count", .integer($0.count))])
        }
        try Output.standard.write(JSONValue.object([(name, .array(values))]).text + "\n")
    }
}

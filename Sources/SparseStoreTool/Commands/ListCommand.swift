internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// `sparsestore list`
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List documents by filter and order, a page at a time.",
        discussion: """
            Without --order-by documents come in the order in which they were written. Documents without the attribute come \
            last. --json prints {"documents": [{"id", "payload"?, "tags"?, "attributes"?}], "cursor"?}; the cursor asks for \
            the page that follows.

            EXAMPLES:
              sparsestore list wiki.sparse --where 'lang = de' --order-by year --descending
              sparsestore list wiki.sparse --limit 100 --json --after 0102...
            """)

    @OptionGroup var store: StoreArgument

    @Option(
        name: .customLong("where"), help: "Only documents that this filter lets through.",
        transform: FilterExpression.parse)
    var filter: Filter?

    @Option(help: "The attribute that decides the order.")
    var orderBy: String?

    @Flag(help: "The largest value, or the newest document, first.")
    var descending = false

    @Option(help: "The most documents.")
    var limit = 20

    @Option(help: "The cursor of the page before.")
    var after: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        let store = try self.store.openForReading()
        defer { store.close() }
        let cursor = try after.map { text in
            guard let cursor = Cursor(text) else {
                throw CommandFailure(.invalidInput, "--after is no cursor; give one as 'list --json' has printed it")
            }
            return cursor
        }
        let page = try store.read {
            try $0.list(
                where: filter, order: ListOrder(by: orderBy, isDescending: descending), limit: limit, after: cursor)
        }
        guard output.isJSON else {
            for document in page.documents {
                var line = Printable.line(Array(document.id.utf8), limit: 60)
                if let orderBy, let value = document.attributes[orderBy] { line += "   \(AttributeShow.text(value))" }
                try Output.standard.write(line + "\n")
            }
            if let cursor = page.cursor { Output.note("there is more: --after \(cursor)\n") }
            return
        }
        var fields: [(String, JSONValue)] = [
            ("documents", .array(page.documents.map { DocumentReport(document: $0).summary }))
        ]
        if let cursor = page.cursor { fields.append(("cursor", .string(cursor.description))) }
        try Output.standard.write(JSONValue.object(fields).text + "\n")
    }
}

internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// `sparsestore list`
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List documents page by page, with an optional filter and order.",
        discussion: """
            Without --order-by, documents appear in the order in which they were written. Documents that lack the \
            attribute come last. --json prints {"documents": [{"id", "payload"?, "tags"?, "attributes"?}], \
            "cursor"?}; pass the cursor to --after to get the next page.

            EXAMPLES:
              sparsestore list wiki.sparse --where 'lang = de' --order-by year --descending
              sparsestore list wiki.sparse --limit 100 --json --after 0102...
            """)

    @OptionGroup var store: StoreArgument

    @Option(
        name: .customLong("where"), help: "Only list documents that match this filter.",
        transform: FilterExpression.parse)
    var filter: Filter?

    @Option(help: "The attribute to sort by.")
    var orderBy: String?

    @Flag(help: "Reverse the order: largest value, or newest document, first.")
    var descending = false

    @Option(help: "The maximum number of documents per page.")
    var limit = 20

    @Option(help: "Continue after an earlier page, which ended with this 'cursor'.")
    var after: String?

    @OptionGroup var output: OutputOptions

    func run() throws {
        let store = try self.store.openForReading()
        defer { store.close() }
        let cursor = try after.map { text in
            guard let cursor = Cursor(text) else {
                throw CommandFailure(.invalidInput, "--after is not a cursor; use a cursor that 'list' printed")
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
            if let cursor = page.cursor { Output.note("for the next page, use --after \(cursor)\n") }
            return
        }
        var fields: [(String, JSONValue)] = [
            ("documents", .array(page.documents.map { DocumentReport(document: $0).summary }))
        ]
        if let cursor = page.cursor { fields.append(("cursor", .string(cursor.description))) }
        try Output.standard.write(JSONValue.object(fields).text + "\n")
    }
}

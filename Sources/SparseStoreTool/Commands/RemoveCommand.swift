internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// `sparsestore remove`
struct RemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove documents in one transaction.",
        discussion: """
            Ids that the store does not have are reported, and the exit code is then 2. The other documents are still \
            removed.

            EXAMPLES:
              sparsestore remove wiki.sparse 12
              sparsestore remove wiki.sparse 12 13 14 --json
              sparsestore remove wiki.sparse --where 'year < 2020' --dry-run
            """)

    @OptionGroup var store: StoreArgument
    @OptionGroup var wait: WaitOption

    @Argument(help: "The ids of the documents.")
    var ids: [String] = []

    @Option(
        name: .customLong("where"), help: "Remove all documents that match this filter.",
        transform: FilterExpression.parse)
    var filter: Filter?

    @Flag(help: "Only count the documents that --where would remove.")
    var dryRun = false

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard ids.isEmpty != (filter == nil) else { throw ValidationError("specify either ids or --where") }
        if dryRun, filter == nil { throw ValidationError("--dry-run needs --where") }
    }

    func run() throws {
        if let filter { try removeAll(filter) } else { try removeNamed() }
    }

    private func removeAll(_ filter: Filter) throws {
        let store =
            try dryRun
            ? self.store.openFileForReading() : self.store.openForWriting(createsIfMissing: false, wait: wait)
        defer { store.close() }
        let count =
            try dryRun
            ? store.read { try $0.count(where: filter) } : store.write { try $0.remove(where: filter) }
        if output.isJSON {
            let name = dryRun ? "would_remove" : "removed_count"
            return try Output.standard.write(JSONValue.object([(name, .integer(count))]).text + "\n")
        }
        try Output.standard.write((dryRun ? "would remove " : "removed ") + Figures.count(count) + "\n")
    }

    private func removeNamed() throws {
        let store = try self.store.openForWriting(createsIfMissing: false, wait: wait)
        defer { store.close() }
        let (removed, missing) = try store.write { transaction in
            var removed: [String] = []
            var missing: [String] = []
            for id in ids {
                if try transaction.remove(id) { removed.append(id) } else { missing.append(id) }
            }
            return (removed, missing)
        }
        if output.isJSON {
            let object = JSONValue.object([
                ("removed", .array(removed.map { .string($0) })), ("missing", .array(missing.map { .string($0) })),
            ])
            try Output.standard.write(object.text + "\n")
        } else {
            try Output.standard.write("removed \(Figures.count(removed.count))\n")
        }
        if !missing.isEmpty {
            let names = missing.prefix(10).map { "'\($0)'" }.joined(separator: ", ")
            let more = missing.count > 10 ? " and \(missing.count - 10) more" : ""
            throw CommandFailure(.invalidInput, "there is no document \(names)\(more); check the ids")
        }
    }
}

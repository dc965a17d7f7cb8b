internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// `sparsestore remove`
struct RemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove documents, all in one transaction.",
        discussion: """
            An id that is not there is reported, and the exit code is 2; the others are removed all the same.

            EXAMPLES:
              sparsestore remove wiki.sparse 12
              sparsestore remove wiki.sparse 12 13 14 --json
            """)

    @OptionGroup var store: StoreArgument
    @OptionGroup var wait: WaitOption

    @Argument(help: "The documents' ids.")
    var ids: [String]

    @OptionGroup var output: OutputOptions

    func run() throws {
        let store = try self.store.openForWriting(createIfMissing: false, wait: wait)
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

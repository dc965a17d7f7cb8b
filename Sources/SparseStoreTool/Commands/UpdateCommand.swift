internal import ArgumentParser
internal import SparseInterchange
internal import SparseStore

/// `sparsestore update`
struct UpdateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update",
        abstract: "Change the tags and attributes of a document.",
        discussion: """
            The vector and the payload do not change, and no posting lists are written. A value is parsed as the type \
            that the attribute has in the store. The value of a new attribute becomes an integer, a number, a Boolean \
            or a list if it has that form, or else a string. Write lists as JSON: ["a", "b"]. For a date attribute \
            that the store already has, write 2024-01-31 or 2024-01-31T12:00:00Z; 'load --dates' adds new date \
            attributes.

            EXAMPLES:
              sparsestore update wiki.sparse 12 --tags sold,archived
              sparsestore update wiki.sparse 12 --set stock=0 --set price=9.5 --unset discount
            """)

    @OptionGroup var store: StoreArgument
    @OptionGroup var wait: WaitOption

    @Argument(help: "The id of the document.")
    var id: String

    @Option(help: "The new tags of the document, separated by commas; an empty string removes all tags.")
    var tags: String?

    @Option(help: "Set an attribute: NAME=VALUE.")
    var set: [String] = []

    @Option(help: "Remove the attribute with this name.")
    var unset: [String] = []

    func validate() throws {
        if tags == nil, set.isEmpty, unset.isEmpty { throw ValidationError("specify --tags, --set or --unset") }
        for pair in set where !pair.dropFirst().contains("=") {
            throw ValidationError("--set must be NAME=VALUE, not '\(pair)'")
        }
    }

    func run() throws {
        let store = try self.store.openForWriting(createsIfMissing: false, wait: wait)
        defer { store.close() }
        let types = try store.read { $0.attributes }
        let values = try set.map { pair in
            let name = String(pair.prefix { $0 != "=" })
            return (
                name, try AttributeText.value(String(pair.dropFirst(name.count + 1)), name: name, type: types[name])
            )
        }
        let isThere = try store.write { transaction in
            try transaction.update(id) { fields in
                if let tags { fields.tags = tags.split(separator: ",").map(String.init) }
                for name in unset { fields.attributes[name] = nil }
                for (name, value) in values { fields.attributes[name] = value }
            }
        }
        guard isThere else { throw CommandFailure(.invalidInput, "there is no document '\(id)'; check the id") }
    }
}

/// Parses attribute values from the command line.
enum AttributeText {
    /// - Parameter type: The type of the attribute in the store; nil for a new attribute.
    static func value(_ text: String, name: String, type: AttributeType?) throws -> AttributeValue {
        let value: AttributeValue? =
            switch type {
            case .integer: Int64(text).map { .integer($0) } ?? Double(text).map { .number($0) }
            case .number: Int64(text).map { .integer($0) } ?? Double(text).map { .number($0) }
            case .boolean: Bool(text.lowercased()).map { .boolean($0) }
            case .string: .string(text)
            case .date: .date(rfc3339: text)
            case .integers, .strings: try? AttributesText.list(text)
            case nil: guess(text)
            }
        guard let value else {
            throw CommandFailure(
                .invalidInput,
                "the new value of '\(name)' is not a valid \(type.map { "\($0)" } ?? "value"); correct the value")
        }
        return value
    }

    private static func guess(_ text: String) -> AttributeValue {
        if let integer = Int64(text) { return .integer(integer) }
        if let number = Double(text), number.isFinite { return .number(number) }
        if let boolean = Bool(text) { return .boolean(boolean) }
        if text.first == "[", let list = try? AttributesText.list(text) { return list }
        return .string(text)
    }
}

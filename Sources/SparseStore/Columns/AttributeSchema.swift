internal import SparseFormat

/// The names and types of all attributes that documents of a store have ever had. It only grows.
struct AttributeSchema: Sendable {
    private(set) var record: AttributeSchemaRecord

    init(_ record: AttributeSchemaRecord) { self.record = record }

    /// Adds the attributes of a document. Returns whether the schema has changed.
    ///
    /// - Throws: `attributeTypeMismatch`, naming both types, or `limitExceeded` if the store has had too many names.
    ///   Nothing has then changed.
    mutating func add(_ attributes: [String: AttributeValue]) throws(SparseStoreError) -> Bool {
        var changed = record
        var hasChanged = false
        for (name, value) in attributes where !value.isEmptyList {
            let bytes = Array(name.utf8)
            guard let known = changed.type(of: bytes) else {
                try Self.requireOneSpelling(of: name, changed)
                guard changed.attributes.count < Limits.maximumAttributeNames else {
                    throw SparseStoreError(
                        .limitExceeded,
                        problem: "the store already has the maximum of "
                            + "\(Limits.maximumAttributeNames) attribute names, so '\(name)' cannot be added",
                        remedy: "use a value instead of a new name")
                }
                changed.set(bytes, value.type)
                hasChanged = true
                continue
            }
            guard let joined = known.joined(with: value.type) else {
                throw SparseStoreError(
                    .attributeTypeMismatch,
                    problem: "the attribute '\(name)' has the type \(known) in this store, "
                        + "but \(value.type) in the document",
                    remedy: "convert the value, or use another name")
            }
            if joined != known {
                changed.set(bytes, joined)
                hasChanged = true
            }
        }
        record = changed
        return hasChanged
    }

    /// Documents have their attributes in a dictionary of Swift's, whose keys are equal when they are canonically
    /// equivalent. A second spelling of a name would be lost there.
    ///
    /// - Throws: `invalidArgument` when the store knows the name in another spelling.
    private static func requireOneSpelling(
        of name: String, _ record: AttributeSchemaRecord
    ) throws(SparseStoreError) {
        guard name.utf8.contains(where: { $0 > 0x7F }),
            record.attributes.contains(where: { String(decoding: $0.name, as: UTF8.self) == name })
        else { return }
        throw SparseStoreError(
            .invalidArgument,
            problem: "the store already has the attribute '\(name)' in another Unicode form, "
                + "composed or decomposed",
            remedy: "write names in one normal form")
    }

    /// The types by name. Names that Swift considers equal are refused when they are written, but a file may have them.
    var types: [String: AttributeType] {
        Dictionary(record.attributes.map { (String(decoding: $0.name, as: UTF8.self), $0.type) }) { first, _ in first }
    }

    /// Takes in the attributes of another store.
    ///
    /// - Throws: `attributeTypeMismatch`, naming an attribute that has types which do not go together.
    mutating func join(_ other: AttributeSchema) throws(SparseStoreError) {
        for attribute in other.record.attributes {
            let known = record.type(of: attribute.name)
            guard let joined = known.map({ $0.joined(with: attribute.type) }) ?? attribute.type else {
                throw SparseStoreError(
                    .attributeTypeMismatch,
                    problem: "the attribute "
                        + "'\(String(decoding: attribute.name, as: UTF8.self))' has the type \(attribute.type) in one "
                        + "store and another type in a second one",
                    remedy: "convert its values, or use another name")
            }
            record.set(attribute.name, joined)
        }
    }

    /// Returns the type of an attribute in a filter, an order, or a facet.
    ///
    /// - Throws: `invalidArgument`, with the most similar names, if no document has ever had the attribute.
    func type(of name: String) throws(SparseStoreError) -> AttributeType {
        if let type = record.type(of: Array(name.utf8)) { return type }
        // No such name can be stored, and finding near ones takes time in proportion to its length.
        guard (1...Limits.maximumAttributeNameBytes).contains(name.utf8.count) else {
            throw SparseStoreError(
                .invalidArgument, problem: "the name of an attribute has \(name.utf8.count) bytes",
                remedy: "use 1...\(Limits.maximumAttributeNameBytes) bytes of UTF-8")
        }
        throw SparseStoreError(
            .invalidArgument, problem: "no document has an attribute '\(name)'",
            remedy: "\(suggestions(name))")
    }

    private func suggestions(_ name: String) -> String {
        let names = record.attributes.map { String(decoding: $0.name, as: UTF8.self) }
        guard !names.isEmpty else { return "the store has no attributes" }
        let near = names.map { (name: $0, distance: Self.distance(Array($0.lowercased()), Array(name.lowercased()))) }
            .filter { $0.distance <= max(2, name.count / 3) }
            .sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }
            .prefix(3).map(\.name)
        let shown = near.isEmpty ? Array(names.prefix(10)) : Array(near)
        let list = shown.map { "'\($0)'" }.joined(separator: ", ")
        if !near.isEmpty { return "did you mean \(list)?" }
        return "the attributes of the store are \(list)"
            + (names.count > shown.count ? " and \(names.count - shown.count) more" : "")
    }

    /// Returns the Levenshtein distance of two texts.
    private static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var row = Array(0...b.count)
        for (index, character) in a.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in 1..<row.count {
                let replaced = diagonal + (character == b[column - 1] ? 0 : 1)
                diagonal = row[column]
                row[column] = min(replaced, diagonal + 1, row[column - 1] + 1)
            }
        }
        return row[b.count]
    }
}

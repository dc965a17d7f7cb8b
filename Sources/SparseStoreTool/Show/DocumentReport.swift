internal import SparseInterchange
internal import SparseStore

/// The output of `get`: one stored document.
struct DocumentReport {
    /// The maximum number of terms in the text output.
    static let shownTerms = 20

    let document: Document

    private var components: [(name: String, weight: Float)] {
        switch document.content {
        case .terms(let terms): terms.map { ($0.term, $0.weight) }
        case .vector(let vector): zip(vector.terms, vector.weights).map { (String($0), $1) }
        }
    }

    var json: JSONValue { DocumentJSON.value(document, payloadField: "payload") }

    /// The document without its vector, as `list` shows it.
    var summary: JSONValue {
        var fields: [(String, JSONValue)] = [("id", .string(document.id))]
        fields += DocumentJSON.payload(document.payload, field: "payload")
        if !document.tags.isEmpty { fields.append(("tags", .array(document.tags.map { .string($0) }))) }
        if !document.attributes.isEmpty {
            fields.append(("attributes", DocumentJSON.attributes(document.attributes)))
        }
        return .object(fields)
    }

    var text: String {
        var table = TextTable()
        table.add("id", Printable.line(Array(document.id.utf8), limit: 500))
        if !document.tags.isEmpty {
            table.add("tags", document.tags.map { Printable.line(Array($0.utf8), limit: 200) }.joined(separator: ", "))
        }
        for (name, value) in document.attributes.sorted(by: { $0.key < $1.key }) {
            table.add(Printable.line(Array(name.utf8), limit: 100), AttributeShow.text(value))
        }
        let components = components
        table.add("terms", Figures.count(components.count))
        if let multivector = document.multivector {
            table.add("token vectors", "\(multivector.count) of \(multivector.dimension) dimensions; --json shows them")
        }
        var text = table.text
        let largest = components.sorted { $0.weight > $1.weight }.prefix(Self.shownTerms)
        var line = largest.map {
            "\(Printable.line(Array($0.name.utf8), limit: 40)) \(Figures.decimal(Double($0.weight), 3))"
        }
        if components.count > largest.count {
            line.append("and \(Figures.count(components.count - largest.count)) more")
        }
        text += Printable.wrap(line.joined(separator: ", "), width: 78, indent: "  ") + "\n"
        if let payload = document.payload {
            text += "payload (\(Figures.bytes(payload.count)))\n"
            text +=
                String(validating: payload, as: UTF8.self) == nil
                ? "  not text; --json shows it in base64\n" : Printable.text(payload) + "\n"
        }
        return text
    }
}

/// Formats attributes for human readers.
enum AttributeShow {
    /// Formats a value as one line. Unprintable characters become dots.
    static func text(_ value: AttributeValue) -> String {
        switch value {
        case .string(let string): Printable.line(Array(string.utf8), limit: 200)
        case .date(let date): AttributeValue.rfc3339(date) ?? String(date)
        case .strings(let list): list.map { Printable.line(Array($0.utf8), limit: 200) }.joined(separator: ", ")
        default: DocumentJSON.attribute(value).text
        }
    }
}

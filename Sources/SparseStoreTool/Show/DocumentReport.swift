internal import SparseInterchange
internal import SparseStore

/// A stored document as it is shown.
struct DocumentReport {
    /// How many terms a person is shown.
    static let shownTerms = 20

    let document: Document

    private var components: [(name: String, weight: Float)] {
        switch document.content {
        case .terms(let terms): terms.map { ($0.term, $0.weight) }
        case .vector(let vector): zip(vector.terms, vector.weights).map { (String($0), $1) }
        }
    }

    var json: JSONValue { DocumentJSON.value(document, payloadField: "payload") }

    var text: String {
        var table = TextTable()
        table.add("id", Printable.line(Array(document.id.utf8), limit: 500))
        if !document.tags.isEmpty {
            table.add("tags", document.tags.map { Printable.line(Array($0.utf8), limit: 200) }.joined(separator: ", "))
        }
        let components = components
        table.add("terms", Figures.count(components.count))
        if let multivector = document.multivector {
            table.add("token vectors", "\(multivector.count) of \(multivector.dimension) dimensions; --json gives them")
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
                ? "  not text; --json gives it in base64\n" : Printable.text(payload) + "\n"
        }
        return text
    }
}

public import SparseStore

/// The JSON form of a document: one object, from which `JSONLinesReader` restores the same document, bit for bit.
///
/// The fields are `id`; `content`, the payload as text, or `payload_base64` if it is not UTF-8; `tags`; `attributes`,
/// with dates as RFC 3339 strings; `vector`, an object of weights by term, or `{"indices": [...], "values": [...]}` if
/// terms are numbers; `multivector`, an array of token vectors. Each number is the shortest decimal that is read back
/// as the same 32-bit float.
public enum DocumentJSON {
    /// Returns the document as one line, without a line feed.
    ///
    /// ```swift
    /// DocumentJSON.line(Document(id: "1", terms: ["swift": 1.5]))
    /// // {"id": "1", "tags": [], "vector": {"swift": 1.5}}
    /// ```
    public static func line(_ document: Document) -> String { value(document).text }

    /// Returns the document as a value that can be written with others.
    ///
    /// - Parameter payloadField: The name of the field for a payload that is text.
    package static func value(_ document: Document, payloadField: String = "content") -> JSONValue {
        var fields: [(String, JSONValue)] = [("id", .string(document.id))]
        fields += payload(document.payload, field: payloadField)
        fields.append(("tags", .array(document.tags.map { .string($0) })))
        if !document.attributes.isEmpty { fields.append(("attributes", attributes(document.attributes))) }
        fields.append(("vector", vector(document.content)))
        if let multivector = document.multivector {
            let rows = (0..<multivector.count).map { JSONValue.array(multivector[$0].map { .float($0) }) }
            fields.append(("multivector", .array(rows)))
        }
        return .object(fields)
    }

    /// Returns the payload as text under the name `field`, or in base64 if it is not UTF-8; nothing if there is none.
    package static func payload(_ payload: [UInt8]?, field: String) -> [(String, JSONValue)] {
        guard let payload else { return [] }
        if let text = JSONValue.text(payload) { return [(field, text)] }
        return [("payload_base64", .string(Base64.encode(payload)))]
    }

    /// Returns the attributes as an object, by name; dates are RFC 3339 strings if their year has four digits.
    package static func attributes(_ attributes: [String: AttributeValue]) -> JSONValue {
        .object(attributes.sorted { $0.key < $1.key }.map { ($0.key, attribute($0.value)) })
    }

    /// Returns one value of an attribute.
    package static func attribute(_ value: AttributeValue) -> JSONValue {
        switch value {
        case .integer(let integer): .integer(Int(integer))
        case .number(let number): .number(number)
        case .boolean(let boolean): .bool(boolean)
        case .string(let string): .string(string)
        case .date(let date): AttributeValue.rfc3339(date).map { .string($0) } ?? .integer(Int(date))
        case .integers(let list): .array(list.map { .integer(Int($0)) })
        case .strings(let list): .array(list.map { .string($0) })
        }
    }

    /// Returns a vector as an object.
    package static func vector(_ content: Document.Content) -> JSONValue {
        switch content {
        case .terms(let terms): .object(terms.map { ($0.term, .float($0.weight)) })
        case .vector(let vector):
            .object([
                ("indices", .array(vector.terms.map { .integer(Int($0)) })),
                ("values", .array(vector.weights.map { .float($0) })),
            ])
        }
    }
}

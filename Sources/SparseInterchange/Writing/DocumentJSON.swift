public import SparseStore

/// The JSON form of a document: one object, from which `JSONLinesReader` restores the same document, bit for bit.
///
/// - `id`: the identifier.
/// - `content`: the payload as text. If the payload is not UTF-8, `payload_base64` replaces this field.
/// - `tags`: an array of strings.
/// - `attributes`: an object of values by name, with dates as RFC 3339 strings.
/// - `vector`: an object of weights by term. If terms are numbers, it is `{"indices": [...], "values": [...]}`. It is
///   empty for a document without a vector.
/// - `multivector`: an array of token vectors.
///
/// Each number is the shortest decimal that is read back as the same 32-bit float.
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
    package static func vector(_ content: Document.Content?) -> JSONValue {
        switch content {
        case nil: .object([])
        case .terms(let terms): .object(terms.map { ($0.term, .float($0.weight)) })
        case .vector(let vector):
            .object([
                ("indices", .array(vector.terms.map { .integer(Int($0)) })),
                ("values", .array(vector.weights.map { .float($0) })),
            ])
        }
    }
}

/// A JSON value to write, with its fields in the given order.
package indirect enum JSONValue {
    case object([(String, JSONValue)])
    case array([JSONValue])
    case string(String)
    case integer(Int)
    case number(Double)
    case float(Float)
    case bool(Bool)
    case null

    /// Returns the value as one line.
    package var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .object(let fields):
            text += "{"
            for (index, field) in fields.enumerated() {
                if index > 0 { text += ", " }
                Self.quote(field.0, to: &text)
                text += ": "
                field.1.write(to: &text)
            }
            text += "}"
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += ", " }
                value.write(to: &text)
            }
            text += "]"
        case .string(let string): Self.quote(string, to: &text)
        case .integer(let integer): text += String(integer)
        case .number(let number): text += number.isFinite ? "\(number)" : "null"
        case .float(let number): text += number.isFinite ? "\(number)" : "null"
        case .bool(let bool): text += bool ? "true" : "false"
        case .null: text += "null"
        }
    }

    private static func quote(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

extension JSONValue {
    /// Returns the value, or null if there is none.
    package static func optional<Value>(_ value: Value?, _ make: (Value) -> JSONValue) -> JSONValue {
        value.map(make) ?? .null
    }

    /// Returns bytes as text if they are UTF-8; otherwise nil.
    package static func text(_ bytes: [UInt8]) -> JSONValue? {
        String(validating: bytes, as: UTF8.self).map { .string($0) }
    }
}

/// Base64 (RFC 4648, section 4) of bytes that are not text, for JSON.
package enum Base64 {
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The value of each digit by its byte; 255 for a byte that is not a digit.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 255, count: 256)
        for (value, digit) in digits.enumerated() { values[Int(digit)] = UInt8(value) }
        return values
    }()

    /// Encodes `bytes` as text, padded to a multiple of four characters.
    package static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | UInt32($1) } << (8 * UInt32(3 - group.count))
            for place in 0..<4 {
                let digit = digits[Int(bits >> (18 - 6 * UInt32(place)) & 63)]
                text.append(place <= group.count ? digit : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Decodes `text`. Returns nil if `encode` never produces that text, because of a character that is not a digit,
    /// missing padding, or extra bits after the last byte.
    package static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        let padding = text.suffix(2).count { $0 == UInt8(ascii: "=") }
        let digitCount = text.count - padding
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 * 3)
        var (bits, held): (UInt32, UInt32) = (0, 0)
        for character in text.prefix(digitCount) {
            let value = values[Int(character)]
            guard value < 64 else { return nil }
            bits = bits << 6 | UInt32(value)
            held += 6
            guard held >= 8 else { continue }
            held -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> held))
        }
        guard bits & (1 << held - 1) == 0, held < 6 else { return nil }
        return bytes
    }
}

/// The attributes that documents of the store have had, and their types (FORMAT.md, "Attributes").
package struct AttributeSchemaRecord: Record {
    package static let kind = RecordKind.attributeSchema

    /// The attributes. Each name appears once, and the names ascend in byte order.
    package private(set) var attributes: [(name: [UInt8], type: AttributeType)] = []

    package init() {}

    package static func == (left: Self, right: Self) -> Bool {
        left.attributes.elementsEqual(right.attributes) { $0.name == $1.name && $0.type == $1.type }
    }

    /// Returns the type of an attribute; nil if no document has had it.
    package func type(of name: [UInt8]) -> AttributeType? {
        let index = index(of: name)
        return index < attributes.count && attributes[index].name == name ? attributes[index].type : nil
    }

    /// Adds an attribute, or changes its type.
    package mutating func set(_ name: [UInt8], _ type: AttributeType) {
        let index = index(of: name)
        if index < attributes.count, attributes[index].name == name {
            attributes[index].type = type
        } else {
            attributes.insert((name, type), at: index)
        }
    }

    package init(body: inout ByteReader, flags: UInt16) throws(FormatError) {
        let count = try body.proven(
            UInt64(try body.u32()), elementBytes: 3, limit: Limits.maximumAttributeNames)
        var previous: [UInt8] = []
        for _ in 0..<count {
            let number = try body.u8()
            guard let type = AttributeType(rawValue: number) else {
                throw FormatError(.knownEncoding, "attribute type \(number)")
            }
            let length = Int(try body.u8())
            guard (1...Limits.maximumAttributeNameBytes).contains(length) else {
                throw FormatError(.textLength, "an attribute name has \(length) bytes")
            }
            let bytes = try body.take(length)
            _ = try UTF8Text.decode(bytes)
            let name = Array(bytes)
            guard previous.lexicographicallyPrecedes(name) else { throw FormatError(.attributesAscend) }
            attributes.append((name, type))
            previous = name
        }
    }

    package func encodeBody(into writer: inout ByteWriter) {
        writer.u32(UInt32(attributes.count))
        for (name, type) in attributes {
            writer.u8(type.rawValue)
            writer.u8(UInt8(truncatingIfNeeded: name.count))
            writer.append(name)
        }
    }

    private func index(of name: [UInt8]) -> Int {
        var low = 0
        var high = attributes.count
        while low < high {
            let middle = (low + high) / 2
            if attributes[middle].name.lexicographicallyPrecedes(name) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Encodes and decodes the attributes of one document (FORMAT.md, "Documents").
enum AttributeSection {
    /// Appends the attributes in byte order of their names, without empty lists. Returns the number of attributes.
    ///
    /// - Throws: `limitExceeded` if a name or a value exceeds a limit, which the error names.
    static func encode(
        _ attributes: [String: AttributeValue], into writer: inout ByteWriter
    ) throws(FormatError) -> Int {
        let begin = writer.count
        let ascending = attributes.filter { !$0.value.isEmptyList }.map { (name: Array($0.key.utf8), value: $0.value) }
            .sorted { $0.name.lexicographicallyPrecedes($1.name) }
        guard ascending.count <= Limits.maximumAttributesPerDocument else {
            throw FormatError(
                .limitExceeded, "\(ascending.count) attributes, but the limit is \(Limits.maximumAttributesPerDocument)"
            )
        }
        for (name, value) in ascending {
            guard (1...Limits.maximumAttributeNameBytes).contains(name.count) else {
                throw FormatError(
                    .limitExceeded,
                    "an attribute name has \(name.count) bytes, the range is 1 to \(Limits.maximumAttributeNameBytes)")
            }
            writer.varint(UInt32(name.count))
            writer.append(name)
            writer.u8(value.type.rawValue)
            try encode(value, into: &writer)
        }
        guard writer.count - begin <= Limits.maximumAttributeBytes else {
            throw FormatError(
                .limitExceeded,
                "attributes have \(writer.count - begin) bytes, but the limit is \(Limits.maximumAttributeBytes)")
        }
        return ascending.count
    }

    private static func encode(_ value: AttributeValue, into writer: inout ByteWriter) throws(FormatError) {
        switch value {
        case .integer(let value), .date(let value): writer.zigzag(value)
        case .number(let value):
            guard value.isFinite else { throw FormatError(.limitExceeded, "a number is not finite") }
            writer.f64(value)
        case .boolean(let value): writer.u8(value ? 1 : 0)
        case .string(let string): try encode(string, into: &writer)
        case .integers(let values):
            try encodeCount(values.count, into: &writer)
            for value in values { writer.zigzag(value) }
        case .strings(let strings):
            try encodeCount(strings.count, into: &writer)
            for string in strings { try encode(string, into: &writer) }
        }
    }

    private static func encode(_ string: String, into writer: inout ByteWriter) throws(FormatError) {
        let count = string.utf8.count
        guard count <= Limits.maximumAttributeStringBytes else {
            throw FormatError(
                .limitExceeded, "a string has \(count) bytes, but the limit is \(Limits.maximumAttributeStringBytes)")
        }
        writer.varint(UInt32(count))
        writer.append(string.utf8)
    }

    private static func encodeCount(_ count: Int, into writer: inout ByteWriter) throws(FormatError) {
        guard count <= Limits.maximumAttributeListCount else {
            throw FormatError(
                .limitExceeded, "a list has \(count) elements, but the limit is \(Limits.maximumAttributeListCount)")
        }
        writer.varint(UInt32(count))
    }

    /// Calls `body` with each attribute of a section, in byte order of the names.
    static func forEach(
        _ bytes: UnsafeRawBufferPointer, count: Int, _ body: (UnsafeRawBufferPointer, AttributeValue) -> Void
    ) throws(FormatError) {
        var reader = ByteReader(bytes)
        var previous: UnsafeRawBufferPointer?
        for _ in 0..<count {
            let length = Int(try reader.varint32())
            guard (1...Limits.maximumAttributeNameBytes).contains(length) else {
                throw FormatError(.textLength, "an attribute name has \(length) bytes")
            }
            let name = try reader.take(length)
            guard previous.map({ $0.lexicographicallyPrecedes(name) }) ?? true else {
                throw FormatError(.attributesAscend)
            }
            _ = try UTF8Text.decode(name)
            body(name, try value(&reader))
            previous = name
        }
        try reader.finish()
    }

    private static func value(_ reader: inout ByteReader) throws(FormatError) -> AttributeValue {
        let number = try reader.u8()
        guard let type = AttributeType(rawValue: number) else {
            throw FormatError(.knownEncoding, "attribute type \(number)")
        }
        switch type {
        case .integer: return .integer(try reader.zigzag64())
        case .date: return .date(try reader.zigzag64())
        case .number:
            let value = try reader.f64()
            guard value.isFinite else { throw FormatError(.attributeValues, "a number is not finite") }
            return .number(value)
        case .boolean:
            let byte = try reader.u8()
            guard byte <= 1 else { throw FormatError(.attributeValues, "a Boolean is \(byte)") }
            return .boolean(byte == 1)
        case .string: return .string(try string(&reader))
        case .integers:
            var values: [Int64] = []
            for _ in 0..<(try listCount(&reader)) { values.append(try reader.zigzag64()) }
            return .integers(values)
        case .strings:
            var values: [String] = []
            for _ in 0..<(try listCount(&reader)) { values.append(try string(&reader)) }
            return .strings(values)
        }
    }

    private static func string(_ reader: inout ByteReader) throws(FormatError) -> String {
        let length = Int(try reader.varint32())
        guard length <= Limits.maximumAttributeStringBytes else {
            throw FormatError(.textLength, "a string has \(length) bytes")
        }
        return try reader.text(length)
    }

    private static func listCount(_ reader: inout ByteReader) throws(FormatError) -> Int {
        let count = Int(try reader.varint32())
        guard (1...Limits.maximumAttributeListCount).contains(count) else {
            throw FormatError(.attributeValues, "a list has \(count) elements")
        }
        return count
    }
}

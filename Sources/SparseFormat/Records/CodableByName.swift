// Enumerations are encoded as the names of their cases, whatever byte they have on disk.

extension Decoder {
    /// The case whose name stands here.
    func named<Value: CaseIterable & CustomStringConvertible>(_ type: Value.Type) throws -> Value {
        let container = try singleValueContainer()
        let name = try container.decode(String.self)
        guard let value = type.allCases.first(where: { $0.description == name }) else {
            let names = type.allCases.map(\.description).joined(separator: ", ")
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "'\(name)' is none of these: \(names)")
        }
        return value
    }
}

extension Encoder {
    /// Writes the name of a case.
    func encode(nameOf value: some CustomStringConvertible) throws {
        var container = singleValueContainer()
        try container.encode(value.description)
    }
}

extension IndexProfile: Codable {
    /// Reads the profile's name.
    public init(from decoder: any Decoder) throws { self = try decoder.named(Self.self) }
    /// Writes the profile's name.
    public func encode(to encoder: any Encoder) throws { try encoder.encode(nameOf: self) }
}

extension MultivectorCodec: Codable {
    /// Reads the codec's name.
    public init(from decoder: any Decoder) throws { self = try decoder.named(Self.self) }
    /// Writes the codec's name.
    public func encode(to encoder: any Encoder) throws { try encoder.encode(nameOf: self) }
}
